/* The command stream: parsing, registers, dispatch. */
#include <stdlib.h>

#include "npu_machine.h"

enum { CHUNK_WORDS = 1024, MAX_BLOCKDEP = 3, MAX_WAIT = 3 };

static const npu_accelerator ACCELERATORS[] = {
    {32, 1, 1, 4, 16 * 1024}, {64, 1, 1, 8, 16 * 1024}, {128, 2, 1, 8, 24 * 1024}, {256, 2, 2, 8, 48 * 1024}};

/* Every one-word register; the index is the code. */
static const bool KNOWN_SET[NPU_CODES] = {
    [NPU_SET_IFM_PAD_TOP] = true,       [NPU_SET_IFM_PAD_LEFT] = true,
    [NPU_SET_IFM_PAD_RIGHT] = true,     [NPU_SET_IFM_PAD_BOTTOM] = true,
    [NPU_SET_IFM_DEPTH_M1] = true,      [NPU_SET_IFM_PRECISION] = true,
    [NPU_SET_IFM_UPSCALE] = true,       [NPU_SET_IFM_ZERO_POINT] = true,
    [NPU_SET_IFM_WIDTH0_M1] = true,     [NPU_SET_IFM_HEIGHT0_M1] = true,
    [NPU_SET_IFM_HEIGHT1_M1] = true,    [NPU_SET_IFM_IB_END] = true,
    [NPU_SET_IFM_REGION] = true,        [NPU_SET_OFM_WIDTH_M1] = true,
    [NPU_SET_OFM_HEIGHT_M1] = true,     [NPU_SET_OFM_DEPTH_M1] = true,
    [NPU_SET_OFM_PRECISION] = true,     [NPU_SET_OFM_BLK_WIDTH_M1] = true,
    [NPU_SET_OFM_BLK_HEIGHT_M1] = true, [NPU_SET_OFM_BLK_DEPTH_M1] = true,
    [NPU_SET_OFM_ZERO_POINT] = true,    [NPU_SET_OFM_WIDTH0_M1] = true,
    [NPU_SET_OFM_HEIGHT0_M1] = true,    [NPU_SET_OFM_HEIGHT1_M1] = true,
    [NPU_SET_OFM_REGION] = true,        [NPU_SET_KERNEL_WIDTH_M1] = true,
    [NPU_SET_KERNEL_HEIGHT_M1] = true,  [NPU_SET_KERNEL_STRIDE] = true,
    [NPU_SET_ACC_FORMAT] = true,        [NPU_SET_ACTIVATION] = true,
    [NPU_SET_ACTIVATION_MIN] = true,    [NPU_SET_ACTIVATION_MAX] = true,
    [NPU_SET_WEIGHT_REGION] = true,     [NPU_SET_SCALE_REGION] = true,
    [NPU_SET_AB_START] = true,          [NPU_SET_BLOCKDEP] = true,
    [NPU_SET_DMA0_SRC_REGION] = true,   [NPU_SET_DMA0_DST_REGION] = true,
    [NPU_SET_IFM2_BROADCAST] = true,    [NPU_SET_IFM2_SCALAR] = true,
    [NPU_SET_IFM2_PRECISION] = true,    [NPU_SET_IFM2_ZERO_POINT] = true,
    [NPU_SET_IFM2_WIDTH0_M1] = true,    [NPU_SET_IFM2_HEIGHT0_M1] = true,
    [NPU_SET_IFM2_HEIGHT1_M1] = true,   [NPU_SET_IFM2_IB_START] = true,
    [NPU_SET_IFM2_REGION] = true,
};

/* Two-word registers of ethos-u55, in runs of consecutive codes. */
static const struct {
  uint16_t first, last;
} KNOWN_PAYLOAD[] = {{0x000, 0x006}, {0x010, 0x016}, {0x020, 0x026}, {0x030, 0x032}, {0x080, 0x086}};

static const char *const FAULT_NAMES[] = {"none", "config",  "command",    "end",
                                          "bus",  "weights", "unmodelled", "limit"};

const char *npu_fault_name(npu_fault fault) {
  return (size_t)fault < sizeof FAULT_NAMES / sizeof *FAULT_NAMES ? FAULT_NAMES[fault] : "unknown";
}

/* A wait, or a setting that has no effect on results: only its range is checked. */
static bool check_range(npu_machine *npu, const char *name, uint32_t value, uint32_t largest) {
  return value <= largest || npu_fail(npu, NPU_FAULT_COMMAND, "%s %u is out of range", name, value);
}

/* One operation or DMA transfer, and whether waits order it. */
static bool transact(npu_machine *npu, uint32_t code, uint32_t parameter) {
  bool good;
  npu_order_begin(&npu->order);
  switch (code) {
    case NPU_OP_POOL:
      good = npu_pooling(npu, parameter);
      break;
    case NPU_OP_ELEMENTWISE:
      good = npu_elementwise(npu, parameter);
      break;
    case NPU_OP_DMA_START:
      good = npu_dma(npu, parameter);
      break;
    default:
      good = npu_convolution(npu, code == NPU_OP_DEPTHWISE);
      break;
  }
  npu->counts.operations += code != NPU_OP_DMA_START;
  npu->counts.unordered += good && npu_order_issue(&npu->order, code == NPU_OP_DMA_START);
  return good;
}

/* KERNEL_WAIT or DMA_WAIT. */
static bool wait(npu_machine *npu, bool dma, uint32_t left) {
  if (!check_range(npu, dma ? "DMA_WAIT" : "KERNEL_WAIT", left, MAX_WAIT)) {
    return false;
  }
  npu_order_wait(&npu->order, dma, left);
  return true;
}

static bool operate(npu_machine *npu, uint32_t code, uint32_t parameter) {
  switch (code) {
    case NPU_OP_IRQ:
      npu->result.irq_mask = (uint16_t)(npu->result.irq_mask | parameter);
      return true;
    case NPU_OP_CONV:
    case NPU_OP_DEPTHWISE:
    case NPU_OP_POOL:
    case NPU_OP_ELEMENTWISE:
    case NPU_OP_DMA_START:
      return transact(npu, code, parameter);
    case NPU_OP_DMA_WAIT:
    case NPU_OP_KERNEL_WAIT:
      return wait(npu, code == NPU_OP_DMA_WAIT, parameter);
    case NPU_OP_PMU_MASK:
      return true;
    default:
      return npu_fail(npu, NPU_FAULT_COMMAND, "command 0x%03x does not exist", code);
  }
}

static bool one_word(npu_machine *npu, uint32_t command) {
  const uint32_t code = command & 0x3FFu, parameter = command >> 16;
  if (code == NPU_SET_PARALLEL_MODE) {
    return check_range(npu, "PARALLEL_MODE", parameter, 0);
  }
  if (code == NPU_SET_BLOCKDEP && !check_range(npu, "BLOCKDEP", parameter, MAX_BLOCKDEP)) {
    return false;
  }
  if (code < NPU_CODES && KNOWN_SET[code]) {
    npu->set[code] = (uint16_t)parameter;
    return true;
  }
  return operate(npu, code, parameter);
}

static bool two_words(npu_machine *npu, uint32_t command, uint32_t payload) {
  const uint32_t code = command & 0x3FFu;
  for (size_t index = 0; index < sizeof KNOWN_PAYLOAD / sizeof *KNOWN_PAYLOAD; index++) {
    if (code >= KNOWN_PAYLOAD[index].first && code <= KNOWN_PAYLOAD[index].last) {
      npu->upper[code] = (uint16_t)(command >> 16);
      npu->payload[code] = payload;
      return true;
    }
  }
  return npu_fail(npu, NPU_FAULT_COMMAND, "command 0x%03x with a payload does not exist", code);
}

/* The command queue, read in pieces: an NPU prefetches no further than this model reads. */
typedef struct {
  uint64_t base;
  uint32_t bytes, position; /* of the next word */
  uint32_t loaded_from, loaded; /* bytes in words */
  uint32_t words[CHUNK_WORDS];
} queue;

static bool next_word(npu_machine *npu, queue *q, uint32_t *word) {
  if (q->position + 4 > q->bytes) {
    return npu_fail(npu, NPU_FAULT_END, "the queue of %u bytes ends without NPU_OP_STOP", q->bytes);
  }
  if (q->position >= q->loaded_from + q->loaded) {
    const uint32_t left = (q->bytes - q->position) & ~3u;
    q->loaded_from = q->position;
    q->loaded = left < sizeof q->words ? left : (uint32_t)sizeof q->words;
    if (!npu_read(npu, NPU_REGIONS, q->base + q->position, q->words, q->loaded)) {
      return false;
    }
  }
  const uint8_t *data = (const uint8_t *)q->words + (q->position - q->loaded_from);
  *word = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
  q->position += 4;
  return true;
}

/* Execute one command; *stopped is set by NPU_OP_STOP. */
static bool step(npu_machine *npu, queue *q, bool *stopped) {
  uint32_t command = 0, payload = 0;
  npu->result.offset = q->position;
  if (!next_word(npu, q, &command)) {
    return false;
  }
  npu->counts.commands++;
  const uint32_t size = command >> 14 & 3u;
  if ((command >> 10 & 15u) || size > 1) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "0x%08x is no command: reserved bits are set", command);
  }
  if (size == 1) {
    return next_word(npu, q, &payload) && two_words(npu, command, payload);
  }
  if ((command & 0x3FFu) == NPU_OP_STOP) {
    npu->result.irq_mask = (uint16_t)(npu->result.irq_mask | command >> 16);
    *stopped = true;
    return true;
  }
  return one_word(npu, command);
}

static void run(npu_machine *npu, queue *q) {
  bool stopped = false;
  if (q->bytes % 4 || q->base % 4) {
    npu_fail(npu, NPU_FAULT_COMMAND, "the queue is not aligned to 4 bytes");
    return;
  }
  while (!stopped && step(npu, q, &stopped)) {
  }
}

static const npu_accelerator *find_accelerator(uint32_t macs_per_cycle) {
  for (size_t index = 0; index < sizeof ACCELERATORS / sizeof *ACCELERATORS; index++) {
    if (ACCELERATORS[index].macs_per_cycle == macs_per_cycle) {
      return &ACCELERATORS[index];
    }
  }
  return NULL;
}

npu_result npu_execute(const npu_config *config, const uint64_t region_base[NPU_REGIONS], uint64_t queue_base,
                       uint32_t queue_bytes, const npu_memory *memory, npu_counts *counts) {
  npu_result result = {.fault = NPU_FAULT_LIMIT, .text = "no host memory"};
  npu_machine *npu = calloc(1, sizeof *npu);
  queue *q = calloc(1, sizeof *q);
  if (npu && q) {
    npu->config = config;
    npu->memory = memory;
    npu->region_base = region_base;
    npu->accelerator = find_accelerator(config->macs_per_cycle);
    q->base = queue_base;
    q->bytes = queue_bytes;
    if (npu->accelerator) {
      run(npu, q);
    } else {
      npu_fail(npu, NPU_FAULT_CONFIG, "there is no ethos-u55-%u", config->macs_per_cycle);
    }
    result = npu->result;
  }
  if (counts) {
    *counts = npu ? npu->counts : (npu_counts){0};
  }
  free(npu);
  free(q);
  return result;
}
