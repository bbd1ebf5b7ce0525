"""skipstone build: works for a user's board anywhere, says what is wrong, and leaves nothing half-built."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from host_app import FAKE_MODEL
from skipstone.firmware.codegen.boards import BOARDS_FOLDER, load_board
from skipstone.tools.build import offline_packages, sources
from skipstone.tools.build.errors import BuildError
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.build.offline_packages import (
    COMPILER,
    install_packages,
    scons_package_version,
)

EXAMPLE = (BOARDS_FOLDER / "mps2-an386" / "board.toml").read_text(encoding="utf-8")


def users_board(folder: Path, old: str = "", new: str = "") -> Path:
    folder.mkdir(parents=True)
    text = EXAMPLE.replace('name = "mps2-an386"', 'name = "mine"', 1).replace(old, new, 1)
    (folder / "board.toml").write_text(text, encoding="utf-8")
    return folder


def model_copy(folder: Path) -> Path:
    return Path(shutil.copytree(FAKE_MODEL, folder))


def test_a_users_board_builds_from_folders_with_spaces(tmp_path: Path) -> None:
    board = users_board(tmp_path / "my boards" / "mine", "0x40_0000 }  # ZBT SSRAM 1", "0x10_0000 }")
    model = model_copy(tmp_path / "my model")
    built = build_firmware(model, str(board), tmp_path / "out dir" / "firmware.elf")
    assert (built.board, built.flash_limit) == ("mine", 0x10_0000)
    assert 5_000 < built.flash < 40_000
    assert 8_192 < built.ram < 64_000
    with built.elf.open("rb") as file:
        elf = ELFFile(file)
        symbols = elf.get_section_by_name(".symtab")
        assert symbols.get_symbol_by_name("ss_virtual_counters")
        assert len(elf.get_section_by_name(".perfmarks").data()) % 8 == 0
        assert not [s.name for s in symbols.iter_symbols() if s.name in ("malloc", "printf", "_sbrk")]


def test_a_compile_error_shows_its_first_lines_and_leaves_no_image(tmp_path: Path) -> None:
    model = model_copy(tmp_path / "model")
    with (model / "model.c").open("a") as file:
        file.write("\nint broken(void) { return nowhere; }\n")
    with pytest.raises(BuildError) as caught:
        build_firmware(model, "mps2-an386", tmp_path / "firmware.elf")
    assert "'nowhere' undeclared" in caught.value.cause
    assert list(tmp_path.glob("*.elf")) == []


def test_a_warning_in_generated_code_is_an_error(tmp_path: Path) -> None:
    model = model_copy(tmp_path / "model")
    with (model / "model.c").open("a") as file:
        file.write("\nint8_t narrow(int32_t x);\nint8_t narrow(int32_t x) { return x; }\n")
    with pytest.raises(BuildError, match="conversion"):
        build_firmware(model, "mps2-an386", tmp_path / "firmware.elf")


def test_an_image_that_does_not_fit_says_by_how_much(tmp_path: Path) -> None:
    board = users_board(tmp_path / "mine", "0x40_0000 }  # ZBT SSRAM 1", "0x1000 }")
    with pytest.raises(BuildError, match=r"flash by \d+ bytes"):
        build_firmware(FAKE_MODEL, str(board), tmp_path / "firmware.elf")


def test_an_incomplete_model_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        build_firmware(tmp_path, "mps2-an386", tmp_path / "firmware.elf")
    assert "model.c" in caught.value.cause and "skipstone codegen" in caught.value.remedy


def test_a_kernel_that_does_not_exist_is_named(tmp_path: Path) -> None:
    model = model_copy(tmp_path / "model")
    (model / "kernels.txt").write_text("kernels/ss_nothing_s8.c\n")
    with pytest.raises(BuildError, match="ss_nothing_s8"):
        build_firmware(model, "mps2-an386", tmp_path / "firmware.elf")


def test_a_missing_compiler_names_the_apt_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_packages.shutil, "which", lambda name: None)
    with pytest.raises(BuildError) as caught:
        install_packages(tmp_path)
    assert COMPILER in caught.value.cause
    assert "apt-get install gcc-arm-none-eabi" in caught.value.remedy


def test_packages_are_links_to_the_systems_toolchain(tmp_path: Path) -> None:
    packages = install_packages(tmp_path)
    link = packages.toolchain / "bin" / COMPILER
    assert link.is_symlink()
    subprocess.run([link, "--version"], check=True, capture_output=True)
    stamp = (packages.toolchain / "package.json").stat().st_mtime_ns
    install_packages(tmp_path)
    assert (packages.toolchain / "package.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("scons", "package"), [("4.8.1", "4.40801.0"), ("4.11.1", "4.41101.0"), ("4.9", "4.40900.0")]
)
def test_scons_versions_are_spelled_as_platformio_does(scons: str, package: str) -> None:
    assert scons_package_version(scons) == package


@pytest.fixture
def model_with_jobs(tmp_path: Path) -> Path:
    """What code generation leaves for a build with an NPU, as far as the choice of sources goes."""
    for name in ("model.c", "model.h", "kernels.txt", "npu_jobs.c"):
        (tmp_path / name).write_text("")
    (tmp_path / "codegen.json").write_text('{"npu": {"accelerator": "ethos-u55-128"}}')
    return tmp_path


def test_a_model_with_jobs_gets_the_driver(model_with_jobs: Path) -> None:
    groups = {
        group.name: group for group in sources.firmware_sources(load_board("mps3-an547"), model_with_jobs)
    }
    assert "ss_npu.c" in groups["npu"].files
    assert all("-DSS_NPU" in groups[name].flags for name in ("app", "drivers"))


def test_a_model_without_jobs_gets_none(model_with_jobs: Path) -> None:
    (model_with_jobs / "npu_jobs.c").unlink()
    groups = sources.firmware_sources(load_board("mps3-an547"), model_with_jobs)
    assert "npu" not in [group.name for group in groups]
    assert not any("-DSS_NPU" in group.flags for group in groups)


def test_jobs_need_a_board_with_an_npu_and_an_application_that_starts_it(model_with_jobs: Path) -> None:
    with pytest.raises(BuildError, match="mps2-an386 has no NPU"):
        sources.firmware_sources(load_board("mps2-an386"), model_with_jobs)
    other = sources.Application("mlperf")
    with pytest.raises(BuildError, match="'mlperf' starts no NPU"):
        sources.firmware_sources(load_board("mps3-an547"), model_with_jobs, other)
