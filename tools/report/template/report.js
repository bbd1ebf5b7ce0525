"use strict";
(() => {
  const run = JSON.parse(document.getElementById("run-data").textContent);
  const tip = document.querySelector(".tip");
  let board = document.body.dataset.board;

  const number = (value) => Math.round(value).toLocaleString("en").replace(/,/g, "\u202f");

  function show(name) {
    board = name;
    for (const part of document.querySelectorAll("[data-board].on-board, g.cost")) {
      part.classList.toggle("shown", part.dataset.board === name);
    }
    for (const button of document.querySelectorAll("[data-select]")) {
      button.setAttribute("aria-checked", String(button.dataset.select === name));
    }
  }

  function describe(utterance, step) {
    const [instructions, cycles] = utterance.costs[board];
    const bits = BigInt(utterance.gates[step]);
    const open = run.blocks.filter((_, index) => (bits >> BigInt(index)) & 1n);
    const lines = [
      `step ${step} · ${(step * run.stepSeconds).toFixed(2)} s`,
      `${open.length} of ${run.blocks.length} blocks run`,
      `${number(instructions[step])} instructions · ${(100 * instructions[step] / run.allOn[board]).toFixed(1)} % of all on`,
      `${number(cycles[step])} cycles, ${run.cyclesKind[board]}`,
    ];
    const npu = run.npu[board];
    if (npu) {
      const spent = run.blocks.reduce((sum, _, index) => sum + (((bits >> BigInt(index)) & 1n) ? npu[index + 1] : 0), npu[0]);
      lines.push(`${number(spent)} NPU cycles, ${run.cyclesKind[board]}`);
    }
    if (step in utterance.tokens) lines.push(`token: ${utterance.tokens[step]}`);
    return lines.join("\n");
  }

  function follow(figure) {
    const svg = figure.querySelector("svg");
    if (!svg) return;
    const { left, plot, steps } = svg.dataset;
    const cursor = svg.querySelector(".cursor");
    const area = svg.querySelector(".hover");
    area.addEventListener("pointermove", (event) => {
      const box = area.getBoundingClientRect();
      const step = Math.min(+steps - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * +steps)));
      const x = +left + +plot * (step + 0.5) / +steps;
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.style.visibility = "visible";
      tip.textContent = describe(run.utterances[+figure.dataset.index], step);
      tip.hidden = false;
      tip.style.left = `${Math.min(event.clientX + 16, innerWidth - tip.offsetWidth - 8)}px`;
      tip.style.top = `${Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8)}px`;
    });
    area.addEventListener("pointerleave", () => {
      cursor.style.visibility = "hidden";
      tip.hidden = true;
    });
  }

  for (const button of document.querySelectorAll("[data-select]")) {
    button.addEventListener("click", () => show(button.dataset.select));
  }
  document.querySelectorAll("figure[data-index]").forEach(follow);
  show(board);
})();
