/*
 * ss_protocol.h: the messages of the serial protocol.
 * Generated from messages.toml by skipstone.tools.protocol: do not edit.
 *
 * Every payload has a struct and two functions. Numbers are members; arrays and strings are pointers into
 * the payload (little endian, any alignment: read and write them with ssp_get_* and ssp_put_*).
 *   ssp_parse_X(payload, length, &x)    read a payload; false when its length is not what its fields say
 *   ssp_place_X(payload, capacity, &x)  write the numbers and point the arrays into the payload, for the
 *                                       caller to fill; returns the payload's length, or SSP_NO_ROOM
 */
#ifndef SS_PROTOCOL_H
#define SS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SSP_VERSION = 1,
    SSP_MAX_PAYLOAD = 4096, /* bytes */
    SSP_HEADER_BYTES = 4,    /* version, type, sequence */
    SSP_CRC_BYTES = 4,
    SSP_REPLY = 0x80,        /* bit of a type that marks a reply */
};

#define SSP_NO_ROOM SIZE_MAX

/* Type byte of a request; its reply has SSP_REPLY set. */
typedef enum ssp_type {
    SSP_TYPE_HELLO = 0x01,
    SSP_TYPE_BLOCK_INFO = 0x02,
    SSP_TYPE_STATE_INFO = 0x03,
    SSP_TYPE_RESET = 0x04,
    SSP_TYPE_STEP_FEATURES = 0x10,
    SSP_TYPE_STEP_PCM = 0x11,
    SSP_TYPE_SET_GATE_SOURCE = 0x20,
    SSP_TYPE_SET_THRESHOLD_OFFSET = 0x21,
    SSP_TYPE_SET_IDLE_RESET = 0x22,
    SSP_TYPE_PROFILE = 0x30,
    SSP_TYPE_MEMORY = 0x31,
    SSP_TYPE_LINK_INFO = 0x32,
    SSP_TYPE_FAULT_INFO = 0x33,
    SSP_TYPE_SELF_TEST = 0x34,
    SSP_TYPE_NPU_INFO = 0x35,
    SSP_TYPE_NPU_PROFILE = 0x36,
    SSP_TYPE_STATE_READ = 0x40,
    SSP_TYPE_TEXT = 0x41,
    SSP_TYPE_INTENT = 0x42,
    SSP_TYPE_ERROR = 0xff, /* only ever sent by the board */
} ssp_type;

/* What decides which blocks run. */
typedef enum ssp_gate_source {
    SSP_GATE_SOURCE_ARBITRATOR = 0, /* the model's arbitrators, shifted by the threshold offset */
    SSP_GATE_SOURCE_ALL = 1, /* every block */
    SSP_GATE_SOURCE_NONE = 2, /* no block */
    SSP_GATE_SOURCE_MASK = 3, /* the blocks of `mask`, every step */
    SSP_GATE_SOURCE_TRACE = 4, /* the blocks of `masks` that come with the steps */
} ssp_gate_source;

/* Where instruction and cycle counts come from. */
typedef enum ssp_counter_kind {
    SSP_COUNTER_KIND_NONE = 0, /* nothing counts; counts are 0 */
    SSP_COUNTER_KIND_VIRTUAL = 1, /* emulator plugin: exact instructions, modelled cycles */
    SSP_COUNTER_KIND_DWT = 2, /* DWT CYCCNT: measured cycles; instructions are 0 */
    SSP_COUNTER_KIND_PMU = 3, /* Armv8.1-M PMU: measured instructions and cycles */
} ssp_counter_kind;

/* What a block computes. */
typedef enum ssp_block_kind {
    SSP_BLOCK_KIND_OTHER = 0, /* neither of the following */
    SSP_BLOCK_KIND_MHA = 1, /* multi-head attention */
    SSP_BLOCK_KIND_FFN = 2, /* feed-forward network */
} ssp_block_kind;

/* What a fault was. */
typedef enum ssp_fault_kind {
    SSP_FAULT_KIND_NONE = 0, /* no fault since power-on */
    SSP_FAULT_KIND_HARD = 1, /* HardFault, or a configurable fault that escalated to it */
    SSP_FAULT_KIND_MEMORY = 2, /* MemManage: MPU violation; a stack overflow on Armv7-M */
    SSP_FAULT_KIND_BUS = 3, /* BusFault: nothing answers at the address */
    SSP_FAULT_KIND_USAGE = 4, /* UsageFault: undefined or unaligned instruction, stack limit (a stack overflow on Armv8-M) */
    SSP_FAULT_KIND_SECURE = 5, /* SecureFault */
    SSP_FAULT_KIND_INTERRUPT = 6, /* NMI, or an exception that nothing handles */
} ssp_fault_kind;

/* Why a job of the NPU failed: ss_npu_error. */
typedef enum ssp_npu_error {
    SSP_NPU_ERROR_NONE = 0, /* no job has failed since RESET */
    SSP_NPU_ERROR_ARGUMENT = 1, /* a job that cannot be started: not aligned, empty, too many regions */
    SSP_NPU_ERROR_ABSENT = 2, /* no Ethos-U at the address of board.toml, or one of another size */
    SSP_NPU_ERROR_STUCK = 3, /* the NPU's reset did not end, or it refuses the security level */
    SSP_NPU_ERROR_TIMEOUT = 4, /* the job was still running after the time-out of board.toml */
    SSP_NPU_ERROR_INTERRUPT = 5, /* the job ended, its interrupt did not arrive */
    SSP_NPU_ERROR_BUS = 6, /* an access failed: an address outside of the memory that the NPU reaches */
    SSP_NPU_ERROR_COMMAND = 7, /* a command that the NPU cannot parse */
    SSP_NPU_ERROR_WEIGHTS = 8, /* a weight stream that it cannot decode */
    SSP_NPU_ERROR_ECC = 9, /* an uncorrectable memory error inside the NPU */
    SSP_NPU_ERROR_INCOMPLETE = 10, /* the NPU stopped before the end of the stream */
    SSP_NPU_ERROR_REFUSED = 11, /* not started: an earlier job failed */
} ssp_npu_error;

/* Options of a batch of steps; the reply repeats them. */
typedef enum ssp_step_flags {
    SSP_STEP_FLAGS_LOGITS = 0x01, /* the reply carries the logits */
    SSP_STEP_FLAGS_MASKS = 0x02, /* the request carries a gate mask a step; needed with gate source `trace`, refused otherwise */
    SSP_STEP_FLAGS_FEATURES = 0x04, /* the reply carries the computed features (STEP_PCM only) */
    SSP_STEP_FLAGS_NPU = 0x08, /* the reply carries jobs and cycles of the NPU; refused where the model uses none */
} ssp_step_flags;

/* Options of PROFILE. */
typedef enum ssp_profile_flags {
    SSP_PROFILE_FLAGS_CLEAR = 0x01, /* set every sum to zero after the reply is composed */
} ssp_profile_flags;

/* Tests of SELF_TEST. */
typedef enum ssp_self_tests {
    SSP_SELF_TESTS_WEIGHTS = 0x01, /* CRC-32 of every constant of the model against the one stored at code generation */
    SSP_SELF_TESTS_KERNELS = 0x02, /* stream the stored known-answer steps; resets the stream */
    SSP_SELF_TESTS_RAM = 0x04, /* write and read back patterns over arena and state; resets the stream */
    SSP_SELF_TESTS_FAULT = 0x80, /* execute an undefined instruction, to prove that faults are reported: the reply is ERROR fault */
} ssp_self_tests;

/* Why a request was refused. */
typedef enum ssp_error_code {
    SSP_ERROR_BAD_VERSION = 1, /* the frame's protocol version is not the board's; detail: the board's */
    SSP_ERROR_UNKNOWN_TYPE = 2, /* no such request */
    SSP_ERROR_BAD_LENGTH = 3, /* the payload is shorter or longer than its fields say; detail: its length in bytes */
    SSP_ERROR_BAD_VALUE = 4, /* a field's value is not allowed; detail: its offset in the payload */
    SSP_ERROR_BAD_SHAPE = 5, /* a count does not match the model (features, samples or gate bytes a step); detail: the model's count */
    SSP_ERROR_BAD_INDEX = 6, /* a block, state, offset or page past the end; detail: the number there are */
    SSP_ERROR_TOO_MANY_STEPS = 7, /* the reply would exceed max_payload; detail: the most steps with these flags */
    SSP_ERROR_GATE_SOURCE = 8, /* masks without gate source `trace`, or `trace` without masks; detail: the gate source in force */
    SSP_ERROR_NO_FRONT_END = 9, /* the model was generated without a front end: only STEP_FEATURES works */
    SSP_ERROR_MODEL = 10, /* the model could not be started or refused the call; detail: ss_status */
    SSP_ERROR_FAULT = 11, /* the request ended in a processor fault and the firmware restarted: the stream is lost; detail: fault_kind. FAULT_INFO has the registers */
    SSP_ERROR_NO_GRAMMAR = 12, /* the model was generated without a grammar: there are words, but no intents */
    SSP_ERROR_NPU = 13, /* a job of the NPU failed and the stream is lost: send RESET; detail: npu_error. NPU_INFO has the registers */
    SSP_ERROR_NO_NPU = 14, /* the model was generated without jobs for an NPU */
} ssp_error_code;

/* ---------------------------------------------------------------- Numbers, little endian at any alignment */

static inline uint8_t ssp_get_u8(const uint8_t *p) { return p[0]; }
static inline uint16_t ssp_get_u16(const uint8_t *p) { return (uint16_t)(p[0] | (p[1] << 8)); }
static inline uint32_t ssp_get_u32(const uint8_t *p) {
    return (uint32_t)ssp_get_u16(p) | ((uint32_t)ssp_get_u16(p + 2) << 16);
}
static inline uint64_t ssp_get_u64(const uint8_t *p) {
    return (uint64_t)ssp_get_u32(p) | ((uint64_t)ssp_get_u32(p + 4) << 32);
}
static inline int8_t ssp_get_i8(const uint8_t *p) { return (int8_t)p[0]; }
static inline int16_t ssp_get_i16(const uint8_t *p) { return (int16_t)ssp_get_u16(p); }
static inline int32_t ssp_get_i32(const uint8_t *p) { return (int32_t)ssp_get_u32(p); }

static inline void ssp_put_u8(uint8_t *p, uint8_t v) { p[0] = v; }
static inline void ssp_put_u16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v & 0xFFu);
    p[1] = (uint8_t)(v >> 8);
}
static inline void ssp_put_u32(uint8_t *p, uint32_t v) {
    ssp_put_u16(p, (uint16_t)(v & 0xFFFFu));
    ssp_put_u16(p + 2, (uint16_t)(v >> 16));
}
static inline void ssp_put_u64(uint8_t *p, uint64_t v) {
    ssp_put_u32(p, (uint32_t)(v & 0xFFFFFFFFu));
    ssp_put_u32(p + 4, (uint32_t)(v >> 32));
}
static inline void ssp_put_i8(uint8_t *p, int8_t v) { ssp_put_u8(p, (uint8_t)v); }
static inline void ssp_put_i16(uint8_t *p, int16_t v) { ssp_put_u16(p, (uint16_t)v); }
static inline void ssp_put_i32(uint8_t *p, int32_t v) { ssp_put_u32(p, (uint32_t)v); }

/* Write a string into `width` bytes: cut to fit, padded with NUL. */
static inline void ssp_put_text(uint8_t *p, size_t width, const char *text) {
    size_t i = 0;
    for (; i < width && text[i] != 0; i++) p[i] = (uint8_t)text[i];
    for (; i < width; i++) p[i] = 0;
}

/* ---------------------------------------------------------------- Walking a payload */

typedef struct ssp_cursor {
    uint8_t *data;
    size_t length; /* bytes at data */
    size_t offset; /* bytes taken */
    bool ok;       /* false once something did not fit */
} ssp_cursor;

/* Take `count` elements of `size` bytes; NULL and ok = false when they do not fit. */
static inline uint8_t *ssp_take(ssp_cursor *cursor, size_t count, size_t size) {
    if (!cursor->ok || count > (cursor->length - cursor->offset) / size) {
        cursor->ok = false;
        return NULL;
    }
    uint8_t *const start = cursor->data + cursor->offset;
    cursor->offset += count * size;
    return start;
}

/* HELLO request: Who is there: firmware, board and model. The host repeats it until it is heard. */


static inline bool ssp_parse_hello_request(size_t length) { return length == 0; }

static inline size_t ssp_place_hello_request(void) { return 0; }

/* HELLO reply: Who is there: firmware, board and model. The host repeats it until it is heard. */

typedef struct ssp_hello_reply {
    uint8_t protocol_version; /* protocol version */
    uint8_t firmware_major; /* firmware version */
    uint8_t firmware_minor; /* firmware version */
    uint8_t firmware_patch; /* firmware version */
    uint8_t *board; /* str32[1]: board name, as in board.toml */
    uint8_t *core; /* str16[1]: core, such as cortex-m4 */
    uint32_t clock_hz; /* core clock, Hz */
    uint8_t counter; /* where counts come from */
    uint8_t *model; /* str32[1]: model name */
    uint8_t *model_sha256; /* u8[32]: SHA-256 of the .tflite */
    uint16_t feature_count; /* features of a step */
    uint8_t feature_width; /* bytes of a feature: 1 for int8 and uint8, 2 for int16, B */
    uint16_t frames_per_step; /* 10 ms frames of a step; 0: unknown */
    uint16_t samples_per_step; /* PCM samples of a step; 0: no front end */
    uint16_t logit_count; /* logits of a step */
    uint8_t logit_width; /* bytes of a logit, likewise, B */
    uint16_t block_count; /* gated blocks */
    uint16_t state_count; /* streaming states */
    uint16_t token_count; /* tokens; 0: the model names none, and TEXT is empty */
    uint8_t gate_bytes; /* bytes of one step's gate bits: block i is bit i % 8 of byte i / 8, B */
    uint16_t blank; /* token id of the CTC blank */
    uint16_t max_payload; /* longest payload the board takes or sends, B */
    uint16_t faults; /* processor faults since power-on */
} ssp_hello_reply;

static inline bool ssp_parse_hello_reply(uint8_t *payload, size_t length, ssp_hello_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->protocol_version = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->firmware_major = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->firmware_minor = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->firmware_patch = ssp_get_u8(p);
    message->board = ssp_take(&cursor, 1u, 32u);
    message->core = ssp_take(&cursor, 1u, 16u);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->clock_hz = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->counter = ssp_get_u8(p);
    message->model = ssp_take(&cursor, 1u, 32u);
    message->model_sha256 = ssp_take(&cursor, 32u, 1u);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->feature_count = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->feature_width = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->frames_per_step = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->samples_per_step = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->logit_count = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->logit_width = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->block_count = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->state_count = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->token_count = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->gate_bytes = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->blank = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->max_payload = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->faults = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_hello_reply(uint8_t *payload, size_t capacity, ssp_hello_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->protocol_version);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->firmware_major);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->firmware_minor);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->firmware_patch);
    message->board = ssp_take(&cursor, 1u, 32u);
    message->core = ssp_take(&cursor, 1u, 16u);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->clock_hz);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->counter);
    message->model = ssp_take(&cursor, 1u, 32u);
    message->model_sha256 = ssp_take(&cursor, 32u, 1u);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->feature_count);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->feature_width);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->frames_per_step);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->samples_per_step);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->logit_count);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->logit_width);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->block_count);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->state_count);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->token_count);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->gate_bytes);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->blank);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->max_payload);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->faults);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* BLOCK_INFO request: The block table, in pages; ask again from first + count until total. */

typedef struct ssp_block_info_request {
    uint16_t first; /* first block of the page */
} ssp_block_info_request;

static inline bool ssp_parse_block_info_request(uint8_t *payload, size_t length, ssp_block_info_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_block_info_request(uint8_t *payload, size_t capacity, ssp_block_info_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* BLOCK_INFO reply: The block table, in pages; ask again from first + count until total. */

typedef struct ssp_block_info_reply {
    uint16_t total; /* blocks of the model */
    uint16_t first; /* first block of the page */
    uint8_t count; /* blocks of the page */
    uint8_t *names; /* str32[count]: block names */
    uint8_t *kinds; /* u8[count]: block kinds */
    uint8_t *thresholds; /* i16[count]: gate logit above which the block runs; −129 … 127 */
    uint8_t *macs; /* u32[count]: multiply-accumulates of one execution, MAC */
    uint8_t *weight_bytes; /* u32[count]: weights in flash, B */
} ssp_block_info_reply;

static inline bool ssp_parse_block_info_reply(uint8_t *payload, size_t length, ssp_block_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->total = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->count = ssp_get_u8(p);
    message->names = ssp_take(&cursor, (size_t)message->count, 32u);
    message->kinds = ssp_take(&cursor, (size_t)message->count, 1u);
    message->thresholds = ssp_take(&cursor, (size_t)message->count, 2u);
    message->macs = ssp_take(&cursor, (size_t)message->count, 4u);
    message->weight_bytes = ssp_take(&cursor, (size_t)message->count, 4u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_block_info_reply(uint8_t *payload, size_t capacity, ssp_block_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->total);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->count);
    message->names = ssp_take(&cursor, (size_t)message->count, 32u);
    message->kinds = ssp_take(&cursor, (size_t)message->count, 1u);
    message->thresholds = ssp_take(&cursor, (size_t)message->count, 2u);
    message->macs = ssp_take(&cursor, (size_t)message->count, 4u);
    message->weight_bytes = ssp_take(&cursor, (size_t)message->count, 4u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* STATE_INFO request: The table of streaming states, in pages like BLOCK_INFO. */

typedef struct ssp_state_info_request {
    uint16_t first; /* first state of the page */
} ssp_state_info_request;

static inline bool ssp_parse_state_info_request(uint8_t *payload, size_t length, ssp_state_info_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_state_info_request(uint8_t *payload, size_t capacity, ssp_state_info_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* STATE_INFO reply: The table of streaming states, in pages like BLOCK_INFO. */

typedef struct ssp_state_info_reply {
    uint16_t total; /* states of the model */
    uint16_t first; /* first state of the page */
    uint8_t count; /* states of the page */
    uint8_t *names; /* str32[count]: variable names (the first 32 bytes) */
    uint8_t *bytes; /* u32[count]: size of the state, B */
    uint8_t *ranks; /* u8[count]: dimensions of the shape, 1 … 4 */
    uint8_t *shapes; /* u16[count * 4]: four numbers a state, outermost first; those past the rank are 0 */
} ssp_state_info_reply;

static inline bool ssp_parse_state_info_reply(uint8_t *payload, size_t length, ssp_state_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->total = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->count = ssp_get_u8(p);
    message->names = ssp_take(&cursor, (size_t)message->count, 32u);
    message->bytes = ssp_take(&cursor, (size_t)message->count, 4u);
    message->ranks = ssp_take(&cursor, (size_t)message->count, 1u);
    message->shapes = ssp_take(&cursor, (size_t)message->count * 4u, 2u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_state_info_reply(uint8_t *payload, size_t capacity, ssp_state_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->total);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->count);
    message->names = ssp_take(&cursor, (size_t)message->count, 32u);
    message->bytes = ssp_take(&cursor, (size_t)message->count, 4u);
    message->ranks = ssp_take(&cursor, (size_t)message->count, 1u);
    message->shapes = ssp_take(&cursor, (size_t)message->count * 4u, 2u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* RESET request: Forget the stream: states, front end, recognised text. Gate source, threshold offset and profile stay. */


static inline bool ssp_parse_reset_request(size_t length) { return length == 0; }

static inline size_t ssp_place_reset_request(void) { return 0; }

/* RESET reply: Forget the stream: states, front end, recognised text. Gate source, threshold offset and profile stay. */


static inline bool ssp_parse_reset_reply(size_t length) { return length == 0; }

static inline size_t ssp_place_reset_reply(void) { return 0; }

/* STEP_FEATURES request: Run steps on features. */

typedef struct ssp_step_features_request {
    uint8_t steps; /* steps, at least 1 */
    uint8_t flags; /* options */
    uint16_t feature_bytes; /* features of a step: their number times their width, as in HELLO, B */
    uint8_t gate_bytes; /* as in HELLO */
    uint8_t *features; /* i8[steps * feature_bytes]: features, step after step; int16 in little endian */
    uint8_t *masks; /* u8[steps * gate_bytes]: gate bits, step after step */
} ssp_step_features_request;

static inline bool ssp_parse_step_features_request(uint8_t *payload, size_t length, ssp_step_features_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->steps = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->flags = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->feature_bytes = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->gate_bytes = ssp_get_u8(p);
    message->features = ssp_take(&cursor, (size_t)message->steps * (size_t)message->feature_bytes, 1u);
    message->masks = (message->flags & 0x02u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u) : NULL;
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_step_features_request(uint8_t *payload, size_t capacity, ssp_step_features_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->steps);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->flags);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->feature_bytes);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->gate_bytes);
    message->features = ssp_take(&cursor, (size_t)message->steps * (size_t)message->feature_bytes, 1u);
    message->masks = (message->flags & 0x02u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u) : NULL;
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* STEP_FEATURES reply: Run steps on features. */

typedef struct ssp_step_features_reply {
    uint8_t steps; /* steps that ran */
    uint8_t flags; /* options of the request */
    uint8_t gate_bytes; /* as in HELLO */
    uint16_t logit_bytes; /* logits of a step: their number times their width, as in HELLO, B */
    uint8_t *gates; /* u8[steps * gate_bytes]: executed blocks, step after step */
    uint8_t *tokens; /* i16[steps]: token emitted at the step, or −1 */
    uint8_t *instructions; /* u32[steps]: executed instructions of the step (model only) */
    uint8_t *cycles; /* u32[steps]: cycles of the step (model only) */
    uint8_t *logits; /* i8[steps * logit_bytes]: logits, step after step; int16 in little endian */
    uint8_t *npu_jobs; /* u16[steps]: jobs of the NPU that the step started */
    uint8_t *npu_cycles; /* u32[steps]: cycles of the NPU in the step */
} ssp_step_features_reply;

static inline bool ssp_parse_step_features_reply(uint8_t *payload, size_t length, ssp_step_features_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->steps = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->flags = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->gate_bytes = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->logit_bytes = ssp_get_u16(p);
    message->gates = ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u);
    message->tokens = ssp_take(&cursor, (size_t)message->steps, 2u);
    message->instructions = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->cycles = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->logits = (message->flags & 0x01u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->logit_bytes, 1u) : NULL;
    message->npu_jobs = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 2u) : NULL;
    message->npu_cycles = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 4u) : NULL;
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_step_features_reply(uint8_t *payload, size_t capacity, ssp_step_features_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->steps);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->flags);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->gate_bytes);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->logit_bytes);
    message->gates = ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u);
    message->tokens = ssp_take(&cursor, (size_t)message->steps, 2u);
    message->instructions = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->cycles = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->logits = (message->flags & 0x01u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->logit_bytes, 1u) : NULL;
    message->npu_jobs = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 2u) : NULL;
    message->npu_cycles = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 4u) : NULL;
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* STEP_PCM request: Run steps on 16 kHz mono PCM: front end, then model. */

typedef struct ssp_step_pcm_request {
    uint8_t steps; /* steps, at least 1 */
    uint8_t flags; /* options */
    uint16_t samples_per_step; /* samples of a step, as in HELLO */
    uint8_t gate_bytes; /* as in HELLO */
    uint8_t *pcm; /* i16[steps * samples_per_step]: samples */
    uint8_t *masks; /* u8[steps * gate_bytes]: gate bits, step after step */
} ssp_step_pcm_request;

static inline bool ssp_parse_step_pcm_request(uint8_t *payload, size_t length, ssp_step_pcm_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->steps = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->flags = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->samples_per_step = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->gate_bytes = ssp_get_u8(p);
    message->pcm = ssp_take(&cursor, (size_t)message->steps * (size_t)message->samples_per_step, 2u);
    message->masks = (message->flags & 0x02u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u) : NULL;
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_step_pcm_request(uint8_t *payload, size_t capacity, ssp_step_pcm_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->steps);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->flags);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->samples_per_step);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->gate_bytes);
    message->pcm = ssp_take(&cursor, (size_t)message->steps * (size_t)message->samples_per_step, 2u);
    message->masks = (message->flags & 0x02u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u) : NULL;
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* STEP_PCM reply: Run steps on 16 kHz mono PCM: front end, then model. */

typedef struct ssp_step_pcm_reply {
    uint8_t steps; /* steps that ran */
    uint8_t flags; /* options of the request */
    uint8_t gate_bytes; /* as in HELLO */
    uint16_t logit_bytes; /* logits of a step: their number times their width, as in HELLO, B */
    uint16_t feature_bytes; /* features of a step, as in STEP_FEATURES, B */
    uint8_t *gates; /* u8[steps * gate_bytes]: executed blocks, step after step */
    uint8_t *tokens; /* i16[steps]: token emitted at the step, or −1 */
    uint8_t *instructions; /* u32[steps]: executed instructions of the step (model only) */
    uint8_t *cycles; /* u32[steps]: cycles of the step (model only) */
    uint8_t *front_end_instructions; /* u32[steps]: executed instructions of the front end */
    uint8_t *front_end_cycles; /* u32[steps]: cycles of the front end */
    uint8_t *logits; /* i8[steps * logit_bytes]: logits, step after step; int16 in little endian */
    uint8_t *features; /* i8[steps * feature_bytes]: computed features, step after step */
    uint8_t *npu_jobs; /* u16[steps]: jobs of the NPU that the step started */
    uint8_t *npu_cycles; /* u32[steps]: cycles of the NPU in the step */
} ssp_step_pcm_reply;

static inline bool ssp_parse_step_pcm_reply(uint8_t *payload, size_t length, ssp_step_pcm_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->steps = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->flags = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->gate_bytes = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->logit_bytes = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->feature_bytes = ssp_get_u16(p);
    message->gates = ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u);
    message->tokens = ssp_take(&cursor, (size_t)message->steps, 2u);
    message->instructions = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->cycles = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->front_end_instructions = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->front_end_cycles = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->logits = (message->flags & 0x01u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->logit_bytes, 1u) : NULL;
    message->features = (message->flags & 0x04u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->feature_bytes, 1u) : NULL;
    message->npu_jobs = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 2u) : NULL;
    message->npu_cycles = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 4u) : NULL;
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_step_pcm_reply(uint8_t *payload, size_t capacity, ssp_step_pcm_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->steps);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->flags);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->gate_bytes);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->logit_bytes);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->feature_bytes);
    message->gates = ssp_take(&cursor, (size_t)message->steps * (size_t)message->gate_bytes, 1u);
    message->tokens = ssp_take(&cursor, (size_t)message->steps, 2u);
    message->instructions = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->cycles = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->front_end_instructions = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->front_end_cycles = ssp_take(&cursor, (size_t)message->steps, 4u);
    message->logits = (message->flags & 0x01u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->logit_bytes, 1u) : NULL;
    message->features = (message->flags & 0x04u) != 0 ? ssp_take(&cursor, (size_t)message->steps * (size_t)message->feature_bytes, 1u) : NULL;
    message->npu_jobs = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 2u) : NULL;
    message->npu_cycles = (message->flags & 0x08u) != 0 ? ssp_take(&cursor, (size_t)message->steps, 4u) : NULL;
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* SET_GATE_SOURCE request: Choose what decides which blocks run; takes effect at the next step. */

typedef struct ssp_set_gate_source_request {
    uint8_t source; /* gate source */
    uint8_t gate_bytes; /* as in HELLO with source `mask`, otherwise 0 */
    uint8_t *mask; /* u8[gate_bytes]: gate bits */
} ssp_set_gate_source_request;

static inline bool ssp_parse_set_gate_source_request(uint8_t *payload, size_t length, ssp_set_gate_source_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->source = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->gate_bytes = ssp_get_u8(p);
    message->mask = ssp_take(&cursor, (size_t)message->gate_bytes, 1u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_set_gate_source_request(uint8_t *payload, size_t capacity, ssp_set_gate_source_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->source);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->gate_bytes);
    message->mask = ssp_take(&cursor, (size_t)message->gate_bytes, 1u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* SET_GATE_SOURCE reply: Choose what decides which blocks run; takes effect at the next step. */


static inline bool ssp_parse_set_gate_source_reply(size_t length) { return length == 0; }

static inline size_t ssp_place_set_gate_source_reply(void) { return 0; }

/* SET_THRESHOLD_OFFSET request: The dial: what is added to the gate logits while the arbitrators decide, in units of two logit
   steps. */

typedef struct ssp_set_threshold_offset_request {
    int8_t offset; /* more than 0 opens more blocks, less fewer */
} ssp_set_threshold_offset_request;

static inline bool ssp_parse_set_threshold_offset_request(uint8_t *payload, size_t length, ssp_set_threshold_offset_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->offset = ssp_get_i8(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_set_threshold_offset_request(uint8_t *payload, size_t capacity, ssp_set_threshold_offset_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_i8(p, message->offset);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* SET_THRESHOLD_OFFSET reply: The dial: what is added to the gate logits while the arbitrators decide, in units of two logit steps.
   */


static inline bool ssp_parse_set_threshold_offset_reply(size_t length) { return length == 0; }

static inline size_t ssp_place_set_threshold_offset_reply(void) { return 0; }

/* SET_IDLE_RESET request: Forget the stream after so many idle steps in a row: ss_set_idle_reset. */

typedef struct ssp_set_idle_reset_request {
    uint16_t steps; /* 0, as after start: never */
    uint16_t blocks; /* a step is idle in which at most so many blocks ran */
} ssp_set_idle_reset_request;

static inline bool ssp_parse_set_idle_reset_request(uint8_t *payload, size_t length, ssp_set_idle_reset_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->steps = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->blocks = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_set_idle_reset_request(uint8_t *payload, size_t capacity, ssp_set_idle_reset_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->steps);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->blocks);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* SET_IDLE_RESET reply: Forget the stream after so many idle steps in a row: ss_set_idle_reset. */


static inline bool ssp_parse_set_idle_reset_reply(size_t length) { return length == 0; }

static inline size_t ssp_place_set_idle_reset_reply(void) { return 0; }

/* PROFILE request: Sums since start or since they were cleared; blocks in pages like BLOCK_INFO. Clear with the last page. */

typedef struct ssp_profile_request {
    uint8_t flags; /* options */
    uint16_t first; /* first block of the page */
} ssp_profile_request;

static inline bool ssp_parse_profile_request(uint8_t *payload, size_t length, ssp_profile_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->flags = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_profile_request(uint8_t *payload, size_t capacity, ssp_profile_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->flags);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* PROFILE reply: Sums since start or since they were cleared; blocks in pages like BLOCK_INFO. Clear with the last page. */

typedef struct ssp_profile_reply {
    uint32_t steps; /* steps */
    uint64_t instructions; /* instructions of the model, all parts */
    uint64_t cycles; /* cycles of the model, all parts */
    uint64_t front_end_instructions; /* instructions of the front end */
    uint64_t front_end_cycles; /* cycles of the front end */
    uint64_t before_instructions; /* fixed part before the blocks (projection, convolution, arbitrators) */
    uint64_t before_cycles; /* fixed part before the blocks */
    uint64_t after_instructions; /* fixed part after the blocks (head) */
    uint64_t after_cycles; /* fixed part after the blocks */
    uint16_t total; /* blocks of the model */
    uint16_t first; /* first block of the page */
    uint8_t count; /* blocks of the page */
    uint8_t *runs; /* u32[count]: steps that executed the block */
    uint8_t *skips; /* u32[count]: steps that skipped the block */
    uint8_t *block_instructions; /* u64[count]: instructions of the block */
    uint8_t *block_cycles; /* u64[count]: cycles of the block */
} ssp_profile_reply;

static inline bool ssp_parse_profile_reply(uint8_t *payload, size_t length, ssp_profile_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->steps = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->instructions = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->front_end_instructions = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->front_end_cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->before_instructions = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->before_cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->after_instructions = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->after_cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->total = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->count = ssp_get_u8(p);
    message->runs = ssp_take(&cursor, (size_t)message->count, 4u);
    message->skips = ssp_take(&cursor, (size_t)message->count, 4u);
    message->block_instructions = ssp_take(&cursor, (size_t)message->count, 8u);
    message->block_cycles = ssp_take(&cursor, (size_t)message->count, 8u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_profile_reply(uint8_t *payload, size_t capacity, ssp_profile_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->steps);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->instructions);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->cycles);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->front_end_instructions);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->front_end_cycles);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->before_instructions);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->before_cycles);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->after_instructions);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->after_cycles);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->total);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->count);
    message->runs = ssp_take(&cursor, (size_t)message->count, 4u);
    message->skips = ssp_take(&cursor, (size_t)message->count, 4u);
    message->block_instructions = ssp_take(&cursor, (size_t)message->count, 8u);
    message->block_cycles = ssp_take(&cursor, (size_t)message->count, 8u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* MEMORY request: Where the memory went. */


static inline bool ssp_parse_memory_request(size_t length) { return length == 0; }

static inline size_t ssp_place_memory_request(void) { return 0; }

/* MEMORY reply: Where the memory went. */

typedef struct ssp_memory_reply {
    uint32_t stack_bytes; /* size of the stack, B */
    uint32_t stack_used; /* high-water mark, by painting at start, B */
    uint32_t arena_bytes; /* scratch of one step, B */
    uint32_t state_bytes; /* streaming state, B */
    uint32_t static_bytes; /* all other static data: buffers of the link, counters, B */
    uint32_t flash_bytes; /* image: vectors, code, constants, initial values, B */
    uint32_t weight_bytes; /* part of the image that is the model's constants, B */
} ssp_memory_reply;

static inline bool ssp_parse_memory_reply(uint8_t *payload, size_t length, ssp_memory_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->stack_bytes = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->stack_used = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->arena_bytes = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->state_bytes = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->static_bytes = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->flash_bytes = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->weight_bytes = ssp_get_u32(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_memory_reply(uint8_t *payload, size_t capacity, ssp_memory_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->stack_bytes);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->stack_used);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->arena_bytes);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->state_bytes);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->static_bytes);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->flash_bytes);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->weight_bytes);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* LINK_INFO request: What the link has seen since start. A frame that is not delivered whole is dropped without an answer and
   counted here. */


static inline bool ssp_parse_link_info_request(size_t length) { return length == 0; }

static inline size_t ssp_place_link_info_request(void) { return 0; }

/* LINK_INFO reply: What the link has seen since start. A frame that is not delivered whole is dropped without an answer and counted
   here. */

typedef struct ssp_link_info_reply {
    uint32_t frames; /* whole frames received */
    uint32_t repeats; /* requests that repeated the one before and were answered from memory */
    uint32_t crc_errors; /* frames with a wrong CRC-32 */
    uint32_t framing_errors; /* frames that are no COBS, or too short for a header */
    uint32_t oversized; /* frames longer than max_payload allows */
    uint32_t overruns; /* bytes lost in the UART */
    uint32_t errors_sent; /* ERROR replies */
} ssp_link_info_reply;

static inline bool ssp_parse_link_info_reply(uint8_t *payload, size_t length, ssp_link_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->frames = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->repeats = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->crc_errors = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->framing_errors = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->oversized = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->overruns = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->errors_sent = ssp_get_u32(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_link_info_reply(uint8_t *payload, size_t capacity, ssp_link_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->frames);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->repeats);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->crc_errors);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->framing_errors);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->oversized);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->overruns);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->errors_sent);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* FAULT_INFO request: The last processor fault. It survives the restart that follows a fault, not power-off. */


static inline bool ssp_parse_fault_info_request(size_t length) { return length == 0; }

static inline size_t ssp_place_fault_info_request(void) { return 0; }

/* FAULT_INFO reply: The last processor fault. It survives the restart that follows a fault, not power-off. */

typedef struct ssp_fault_info_reply {
    uint16_t count; /* faults since power-on */
    uint8_t kind; /* what it was */
    uint16_t exception; /* exception number (IPSR) */
    uint32_t pc; /* program counter; 0: unknown, the stack was lost */
    uint32_t lr; /* link register; 0: unknown */
    uint32_t cfsr; /* Configurable Fault Status Register */
    uint32_t hfsr; /* HardFault Status Register */
    uint32_t address; /* BFAR or MMFAR where CFSR says it is valid, otherwise 0 */
} ssp_fault_info_reply;

static inline bool ssp_parse_fault_info_reply(uint8_t *payload, size_t length, ssp_fault_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->count = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->kind = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->exception = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->pc = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->lr = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->cfsr = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->hfsr = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->address = ssp_get_u32(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_fault_info_reply(uint8_t *payload, size_t capacity, ssp_fault_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->count);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->kind);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->exception);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->pc);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->lr);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->cfsr);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->hfsr);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->address);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* SELF_TEST request: Test the device in place. */

typedef struct ssp_self_test_request {
    uint8_t tests; /* tests to run */
} ssp_self_test_request;

static inline bool ssp_parse_self_test_request(uint8_t *payload, size_t length, ssp_self_test_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->tests = ssp_get_u8(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_self_test_request(uint8_t *payload, size_t capacity, ssp_self_test_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->tests);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* SELF_TEST reply: Test the device in place. */

typedef struct ssp_self_test_reply {
    uint8_t ran; /* tests that ran */
    uint8_t failed; /* tests that failed */
    uint16_t weight_segments; /* constant arrays checked */
    uint16_t failed_segment; /* index of the first that differs, or 65535 */
    uint16_t known_answer_steps; /* steps streamed by the test `kernels`; 0: the model stores none */
    uint32_t ram_bytes; /* bytes tested, B */
} ssp_self_test_reply;

static inline bool ssp_parse_self_test_reply(uint8_t *payload, size_t length, ssp_self_test_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->ran = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->failed = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->weight_segments = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->failed_segment = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->known_answer_steps = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->ram_bytes = ssp_get_u32(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_self_test_reply(uint8_t *payload, size_t capacity, ssp_self_test_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->ran);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->failed);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->weight_segments);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->failed_segment);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->known_answer_steps);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->ram_bytes);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* NPU_INFO request: The NPU and the job that failed last. ERROR no_npu where the model uses none. */


static inline bool ssp_parse_npu_info_request(size_t length) { return length == 0; }

static inline size_t ssp_place_npu_info_request(void) { return 0; }

/* NPU_INFO reply: The NPU and the job that failed last. ERROR no_npu where the model uses none. */

typedef struct ssp_npu_info_reply {
    uint16_t macs; /* multiply-accumulates a cycle */
    uint32_t jobs; /* jobs started since start */
    uint64_t cycles; /* cycles from the start of each job to its end, since start */
    uint8_t error; /* what ended the job that failed since RESET */
    uint32_t job; /* its number, from 1 */
    uint32_t status; /* STATUS register when it failed */
    uint32_t queue_offset; /* how far the command stream was read (QREAD), B */
    uint8_t interface; /* AXI port of a bus or ECC error */
    uint8_t channel; /* its channel: 0 commands, 1 IFM, 2 weights, 3 scale and bias, 4 DMA read, 8 OFM, 9 DMA write */
} ssp_npu_info_reply;

static inline bool ssp_parse_npu_info_reply(uint8_t *payload, size_t length, ssp_npu_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->macs = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->jobs = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->error = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->job = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->status = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->queue_offset = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->interface = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->channel = ssp_get_u8(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_npu_info_reply(uint8_t *payload, size_t capacity, ssp_npu_info_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->macs);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->jobs);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->cycles);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->error);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->job);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->status);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->queue_offset);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->interface);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->channel);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* NPU_PROFILE request: Jobs and cycles of the NPU since the sums were cleared; blocks in pages. ERROR no_npu where the model uses
   none. */

typedef struct ssp_npu_profile_request {
    uint16_t first; /* first block of the page */
} ssp_npu_profile_request;

static inline bool ssp_parse_npu_profile_request(uint8_t *payload, size_t length, ssp_npu_profile_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_npu_profile_request(uint8_t *payload, size_t capacity, ssp_npu_profile_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* NPU_PROFILE reply: Jobs and cycles of the NPU since the sums were cleared; blocks in pages. ERROR no_npu where the model uses
   none. */

typedef struct ssp_npu_profile_reply {
    uint32_t steps; /* steps */
    uint32_t jobs; /* jobs started, all parts */
    uint64_t cycles; /* cycles of the NPU, all parts */
    uint32_t before_jobs; /* fixed part before the blocks */
    uint64_t before_cycles; /* fixed part before the blocks */
    uint32_t after_jobs; /* fixed part after the blocks */
    uint64_t after_cycles; /* fixed part after the blocks */
    uint16_t total; /* blocks of the model */
    uint16_t first; /* first block of the page */
    uint8_t count; /* blocks of the page */
    uint8_t *block_jobs; /* u32[count]: jobs of the block */
    uint8_t *block_cycles; /* u64[count]: cycles of the NPU in the block */
} ssp_npu_profile_reply;

static inline bool ssp_parse_npu_profile_reply(uint8_t *payload, size_t length, ssp_npu_profile_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->steps = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->jobs = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->before_jobs = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->before_cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->after_jobs = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->after_cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->total = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->first = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->count = ssp_get_u8(p);
    message->block_jobs = ssp_take(&cursor, (size_t)message->count, 4u);
    message->block_cycles = ssp_take(&cursor, (size_t)message->count, 8u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_npu_profile_reply(uint8_t *payload, size_t capacity, ssp_npu_profile_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->steps);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->jobs);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->cycles);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->before_jobs);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->before_cycles);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->after_jobs);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->after_cycles);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->total);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->first);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->count);
    message->block_jobs = ssp_take(&cursor, (size_t)message->count, 4u);
    message->block_cycles = ssp_take(&cursor, (size_t)message->count, 8u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* STATE_READ request: Read a streaming state in logical order (oldest row first), in pages. */

typedef struct ssp_state_read_request {
    uint16_t state; /* index of the state */
    uint32_t offset; /* first byte, B */
    uint16_t length; /* bytes wanted; fewer come at the end of the state or of the payload, B */
} ssp_state_read_request;

static inline bool ssp_parse_state_read_request(uint8_t *payload, size_t length, ssp_state_read_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->state = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->offset = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->length = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_state_read_request(uint8_t *payload, size_t capacity, ssp_state_read_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->state);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->offset);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->length);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* STATE_READ reply: Read a streaming state in logical order (oldest row first), in pages. */

typedef struct ssp_state_read_reply {
    uint16_t state; /* index of the state */
    uint32_t offset; /* first byte, B */
    uint32_t total; /* size of the state, B */
    uint16_t length; /* bytes that follow, B */
    uint8_t *data; /* i8[length]: the state */
} ssp_state_read_reply;

static inline bool ssp_parse_state_read_reply(uint8_t *payload, size_t length, ssp_state_read_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->state = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->offset = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->total = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->length = ssp_get_u16(p);
    message->data = ssp_take(&cursor, (size_t)message->length, 1u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_state_read_reply(uint8_t *payload, size_t capacity, ssp_state_read_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->state);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->offset);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->total);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->length);
    message->data = ssp_take(&cursor, (size_t)message->length, 1u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* TEXT request: The text recognised since RESET, in pages. */

typedef struct ssp_text_request {
    uint16_t offset; /* first byte, B */
} ssp_text_request;

static inline bool ssp_parse_text_request(uint8_t *payload, size_t length, ssp_text_request *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->offset = ssp_get_u16(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_text_request(uint8_t *payload, size_t capacity, ssp_text_request *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->offset);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* TEXT reply: The text recognised since RESET, in pages. */

typedef struct ssp_text_reply {
    uint16_t total; /* length of the text, B */
    uint16_t offset; /* first byte, B */
    uint8_t truncated; /* 1: the board's text memory is full and later tokens are missing */
    uint16_t length; /* bytes that follow, B */
    uint8_t *text; /* u8[length]: UTF-8; a page may end inside a character */
} ssp_text_reply;

static inline bool ssp_parse_text_reply(uint8_t *payload, size_t length, ssp_text_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->total = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->offset = ssp_get_u16(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->truncated = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 2u);
    if (p == NULL) return false;
    message->length = ssp_get_u16(p);
    message->text = ssp_take(&cursor, (size_t)message->length, 1u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_text_reply(uint8_t *payload, size_t capacity, ssp_text_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->total);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->offset);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->truncated);
    p = ssp_take(&cursor, 1u, 2u);
    if (p != NULL) ssp_put_u16(p, message->length);
    message->text = ssp_take(&cursor, (size_t)message->length, 1u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* INTENT request: The command recognised since RESET: the best path of the grammar through the logits. Ask at its end; asking
   changes nothing. */


static inline bool ssp_parse_intent_request(size_t length) { return length == 0; }

static inline size_t ssp_place_intent_request(void) { return 0; }

/* INTENT reply: The command recognised since RESET: the best path of the grammar through the logits. Ask at its end; asking changes
   nothing. */

typedef struct ssp_intent_reply {
    uint8_t is_command; /* 1: a command of the grammar; 0: none, and there is no slot */
    uint8_t *intent; /* str32[1]: name of the intent, or empty */
    int32_t score; /* of the best path, in logit steps below the best token of each step; −536870912: none has ended */
    uint32_t steps; /* steps since RESET */
    uint64_t instructions; /* instructions of the decoder, all steps since RESET */
    uint64_t cycles; /* cycles of the decoder, all steps since RESET */
    uint8_t count; /* slots with a value, in the order of the grammar */
    uint8_t *slots; /* str32[count]: names */
    uint8_t *values; /* str64[count]: values */
} ssp_intent_reply;

static inline bool ssp_parse_intent_reply(uint8_t *payload, size_t length, ssp_intent_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->is_command = ssp_get_u8(p);
    message->intent = ssp_take(&cursor, 1u, 32u);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->score = ssp_get_i32(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->steps = ssp_get_u32(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->instructions = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 8u);
    if (p == NULL) return false;
    message->cycles = ssp_get_u64(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->count = ssp_get_u8(p);
    message->slots = ssp_take(&cursor, (size_t)message->count, 32u);
    message->values = ssp_take(&cursor, (size_t)message->count, 64u);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_intent_reply(uint8_t *payload, size_t capacity, ssp_intent_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->is_command);
    message->intent = ssp_take(&cursor, 1u, 32u);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_i32(p, message->score);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->steps);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->instructions);
    p = ssp_take(&cursor, 1u, 8u);
    if (p != NULL) ssp_put_u64(p, message->cycles);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->count);
    message->slots = ssp_take(&cursor, (size_t)message->count, 32u);
    message->values = ssp_take(&cursor, (size_t)message->count, 64u);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

/* ERROR reply: Why a request was refused. Nothing was changed by it, except after `fault`. */

typedef struct ssp_error_reply {
    uint8_t request; /* type of the request */
    uint8_t code; /* reason */
    uint32_t detail; /* see the code */
} ssp_error_reply;

static inline bool ssp_parse_error_reply(uint8_t *payload, size_t length, ssp_error_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};
    const uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->request = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 1u);
    if (p == NULL) return false;
    message->code = ssp_get_u8(p);
    p = ssp_take(&cursor, 1u, 4u);
    if (p == NULL) return false;
    message->detail = ssp_get_u32(p);
    return cursor.ok && cursor.offset == length;
}

static inline size_t ssp_place_error_reply(uint8_t *payload, size_t capacity, ssp_error_reply *message) {
    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};
    uint8_t *p;
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->request);
    p = ssp_take(&cursor, 1u, 1u);
    if (p != NULL) ssp_put_u8(p, message->code);
    p = ssp_take(&cursor, 1u, 4u);
    if (p != NULL) ssp_put_u32(p, message->detail);
    return cursor.ok ? cursor.offset : SSP_NO_ROOM;
}

#endif
