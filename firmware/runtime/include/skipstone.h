/*
 * skipstone.h: run a generated streaming speech model on a microcontroller.
 *
 * Skipstone's code generator turns a .tflite into model.c, which defines one constant, `ss_generated_model`. This header runs it,
 * one step (a stack of 10 ms feature frames, by default 4 = 40 ms) after another:
 *
 *     extern const ss_model ss_generated_model;
 *     static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];      sizes from the generated model.h
 *     static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES];
 *     static ss_instance instance;
 *
 *     ss_init(&instance, &ss_generated_model, arena, sizeof arena, state, sizeof state);
 *     ss_step(&instance, features, logits, gates);                         once a step
 *
 * The caller owns every byte: the instance, the arena (scratch within one step; its contents do not matter between steps and it may
 * be shared with other code then) and the state (what the stream remembers). Nothing is allocated, no function recurses, no function
 * takes a lock: two instances are independent, one instance must not be used from two contexts at once.
 */
#ifndef SKIPSTONE_H
#define SKIPSTONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- Limits */

enum {
    SS_ABI_VERSION = 3,    /* of ss_model; a generated model of another version is refused by ss_init */
    SS_ALIGNMENT = 16,     /* bytes; of the arena and of the state memory */
    SS_MAX_BLOCKS = 64,    /* gated blocks of a model; sizes the arrays of ss_instance */
    SS_DIGEST_BYTES = 32,  /* SHA-256 */
    SS_NO_HEAD = 0xFFFF,   /* ss_state_info.head_offset of a state that is no ring buffer */
};

/* ---------------------------------------------------------------- Results */

typedef enum ss_status {
    SS_OK = 0,
    SS_ERROR_ARGUMENT = 1,     /* a null pointer, an index past the end or an enumerator that does not exist */
    SS_ERROR_ABI = 2,          /* the model was generated for another version of this header */
    SS_ERROR_MEMORY = 3,       /* arena, state or output memory is too small or not aligned to SS_ALIGNMENT */
    SS_ERROR_TRACE = 4,        /* ss_step with gate source TRACE (bits are missing), or ss_step_traced without it */
    SS_ERROR_SELF_TEST = 5,    /* weights or known answers differ from what the code generator stored */
} ss_status;

/* ---------------------------------------------------------------- The model, as the code generator describes it */

typedef enum ss_block_kind {
    SS_BLOCK_OTHER = 0,
    SS_BLOCK_MHA = 1,  /* multi-head attention with its output projection */
    SS_BLOCK_FFN = 2,  /* feed-forward network */
} ss_block_kind;

/* One block, the unit that a gate switches on or off. */
typedef struct ss_block_info {
    const char *name;       /* such as "layer0/mha" */
    ss_block_kind kind;
    int16_t threshold;      /* open when the biased gate logit (int8) is greater than this; −129 … 127 */
    uint32_t macs;          /* multiply-accumulates of one execution */
    uint32_t weight_bytes;  /* weights and biases in flash */
} ss_block_info;

/* One streaming state. A ring state holds `rows` rows; the row at its head index is the oldest one and the next to be overwritten. */
typedef struct ss_state_info {
    const char *name;      /* the variable's name in the .tflite, such as "layer0/mha/key" */
    uint16_t shape[4];     /* logical shape, outermost first; only the first `rank` count */
    uint8_t rank;          /* 1 … 4 */
    int8_t zero_point;     /* every element after ss_reset; 0 where elements have two bytes */
    uint16_t rows;         /* ≥ 1, rows in memory */
    uint16_t first_row;    /* rows before the first that counts, oldest first; those hold what only the last step needed */
    uint32_t row_bytes;    /* (rows − first_row) × row_bytes = bytes of the state (ss_state_bytes) */
    uint32_t data_offset;  /* bytes from the start of the state memory */
    uint16_t head_offset;  /* of the uint16_t head index, bytes from the start of the state memory; SS_NO_HEAD: none. Shared by rings
                              that advance together. */
} ss_state_info;

/* One constant array of the model, for ss_check_weights. */
typedef struct ss_weight_segment {
    const char *name;
    const void *data;
    uint32_t bytes;
    uint32_t crc32;  /* CRC-32/ISO-HDLC (as zlib's) of the bytes in memory order, little endian */
} ss_weight_segment;

/*
 * One step of a generated model.
 *   state      state_bytes, aligned to SS_ALIGNMENT; read and written
 *   arena      arena_bytes, aligned to SS_ALIGNMENT; scratch
 *   features   [feature_count] values of feature_width bytes, aligned to that
 *   gate_bias  int8[block_count], added to the gate logits (units of two logit steps, saturating): −128 shuts, +127 opens, 0 leaves it
 *              to the arbitrator
 *   logits     [logit_count] values of logit_width bytes, aligned to that
 *   gates      uint8[block_count], 1 where the block was executed
 */
typedef void ss_step_function(uint8_t *state, uint8_t *arena, const void *features, const int8_t *gate_bias, void *logits,
                              uint8_t *gates);

typedef struct ss_model {
    uint32_t abi_version;              /* SS_ABI_VERSION at the time of generation */
    const char *name;                  /* file name of the .tflite without its suffix */
    const char *board;                 /* the board the code was generated for */
    const char *tool_version;          /* Skipstone's version that generated it */
    uint8_t sha256[SS_DIGEST_BYTES];   /* of the .tflite */
    uint16_t feature_count;            /* values of one step */
    uint16_t logit_count;              /* values of one output */
    uint8_t feature_width;             /* bytes of a feature; 1: int8 (or uint8, reinterpreted), 2: int16 */
    uint8_t logit_width;               /* bytes of a logit, likewise */
    uint16_t block_count;              /* 0 … SS_MAX_BLOCKS */
    uint16_t state_count;
    uint32_t arena_bytes;
    uint32_t state_bytes;
    uint32_t weight_bytes;             /* constants in flash */
    uint32_t fixed_macs;               /* every step: projection, convolution, head */
    uint32_t arbitrator_macs;          /* every step */
    uint16_t frames_per_step;          /* 10 ms frames of one step; 0: unknown (the .tflite names no front end) */
    uint16_t samples_per_step;         /* PCM samples of one step for the integrated front end; 0: none, only features are taken */
    uint16_t token_count;              /* logit_count, or 0 when the .tflite names no tokens */
    uint16_t blank;                    /* token id of the blank */
    uint16_t context_count;            /* last tokens that the predictor of a transducer reads; 0: the head is CTC */
    uint32_t context_offset;           /* of int32_t[context_count], oldest first, bytes from the start of the state memory */
    float logit_scale;                 /* real logit = logit_scale · (q − logit_zero_point) */
    int16_t logit_zero_point;
    uint16_t weight_segment_count;
    uint16_t known_answer_steps;       /* steps of ss_known_answer; 0: none stored */
    uint32_t known_answer_crc32;
    const ss_block_info *blocks;       /* [block_count] */
    const ss_state_info *states;       /* [state_count] */
    const char *const *tokens;         /* [token_count], UTF-8; "▁" starts a word */
    const ss_weight_segment *weights;  /* [weight_segment_count] */
    ss_step_function *step;
} ss_model;

/* ---------------------------------------------------------------- Gate sources */

/* What decides which blocks run. Every gate vector of this interface is one byte a block: 0 shut, anything else open. */
typedef enum ss_gate_source {
    SS_GATES_ARBITRATOR = 0,  /* the model's arbitrators, shifted by the threshold offset */
    SS_GATES_ALL = 1,         /* every block */
    SS_GATES_NONE = 2,        /* no block */
    SS_GATES_MASK = 3,        /* the same blocks every step */
    SS_GATES_TRACE = 4,       /* per-step bits, given with the step (ss_step_traced) */
} ss_gate_source;

/* ---------------------------------------------------------------- Instances */

/* One stream. The members are the library's; callers read them through the functions below. */
typedef struct ss_instance {
    const ss_model *model;
    uint8_t *arena;
    uint8_t *state;
    ss_gate_source source;
    int8_t threshold_offset;
    uint16_t idle_reset;
    uint16_t idle_blocks;
    uint16_t idle_steps;
    uint16_t executed_steps;
    int8_t gate_bias[SS_MAX_BLOCKS];
    uint8_t gates[SS_MAX_BLOCKS];
} ss_instance;

/*
 * Bind a model to memory and reset it. Gate source: ARBITRATOR, threshold offset 0, no idle reset.
 *   arena, state  aligned to SS_ALIGNMENT, at least model->arena_bytes and model->state_bytes; state may be NULL if that is 0
 * Returns SS_OK, SS_ERROR_ARGUMENT, SS_ERROR_ABI or SS_ERROR_MEMORY; the instance must not be used unless it was SS_OK.
 */
ss_status ss_init(ss_instance *instance, const ss_model *model, uint8_t *arena, size_t arena_bytes, uint8_t *state,
                  size_t state_bytes);

/* Forget the stream: every state returns to its zero point, the last tokens to the blank. Gate source, threshold offset
   and idle reset stay. */
ss_status ss_reset(ss_instance *instance);

/*
 * Run one step.
 *   features  int8[feature_count], or int16 where feature_width is 2
 *   logits    int8[logit_count], or int16 where logit_width is 2
 *   gates     uint8[block_count], 1 where the block was executed; may be NULL
 * Returns SS_OK, SS_ERROR_ARGUMENT, or SS_ERROR_TRACE when the gate source is TRACE.
 */
ss_status ss_step(ss_instance *instance, const void *features, void *logits, uint8_t *gates);

/* Run one step with the blocks that `trace` (uint8[block_count]) opens; the gate source must be TRACE. Otherwise like ss_step. */
ss_status ss_step_traced(ss_instance *instance, const void *features, const uint8_t *trace, void *logits, uint8_t *gates);

/*
 * Choose what decides. `mask` (uint8[block_count]) is needed for MASK and ignored otherwise; it is copied.
 * Takes effect at the next step; streaming state is kept.
 */
ss_status ss_set_gate_source(ss_instance *instance, ss_gate_source source, const uint8_t *mask);

/*
 * The dial: `offset` is the gate bias of every block while the arbitrators decide, in units of two logit steps, added saturating.
 * Positive values open more blocks (more accurate), negative values fewer (cheaper); −128 shuts all. ALL, NONE, MASK and TRACE are
 * not affected. Range −128 … 127, 0 after ss_init.
 */
ss_status ss_set_threshold_offset(ss_instance *instance, int8_t offset);

/*
 * Forget the stream on its own at the end of the `steps`-th idle step in a row; 0 (after ss_init): never. A step is idle in which at most
 * `blocks` blocks ran. As many steps that were not idle must have come since the last reset, whose first steps may open gates and must
 * not lead to the next. Without it an MHA block meets the words after a pause with keys and values of the words before, however long
 * ago they were. A model says in MODEL_IDLE_RESET and MODEL_IDLE_BLOCKS (model.h) what it was made for. States return to their zero
 * points; what the predictor of a transducer sees is the decoder's and stays.
 */
ss_status ss_set_idle_reset(ss_instance *instance, uint16_t steps, uint16_t blocks);

/* ---------------------------------------------------------------- Looking inside */

/* Block `index` < model->block_count, or NULL. */
const ss_block_info *ss_block(const ss_model *model, uint16_t index);

/* State `index` < model->state_count, or NULL. */
const ss_state_info *ss_state(const ss_model *model, uint16_t index);

/* Bytes of one state in its logical shape. */
uint32_t ss_state_bytes(const ss_state_info *state);

/*
 * Copy `bytes` bytes of one state, from byte `offset` of its logical order (row-major in `shape`, oldest row first, as stock TFLM's
 * resource variable holds it), to `values`. SS_ERROR_ARGUMENT when the range leaves the state.
 */
ss_status ss_state_read(const ss_instance *instance, uint16_t index, uint32_t offset, uint32_t bytes, int8_t *values);

/* ---------------------------------------------------------------- Self-test */

/* CRC of every weight segment. SS_ERROR_SELF_TEST at the first that differs; its index goes to *failed unless that is NULL. */
ss_status ss_check_weights(const ss_model *model, uint16_t *failed);

/*
 * Stream known_answer_steps pseudo-random steps with every block open and compare the CRC of all logits with what the integer model
 * gave at code generation. Resets the stream before and after; gate source and offset are kept. logits and features: scratch, as
 * for ss_step. SS_OK also when the model stores no known answer.
 */
ss_status ss_known_answer(ss_instance *instance, void *features, void *logits);

/* ---------------------------------------------------------------- Greedy CTC */

typedef struct ss_ctc {
    int32_t previous;  /* token id of the last step, −1 at the start */
} ss_ctc;

/* Start of an utterance. */
void ss_ctc_reset(ss_ctc *ctc);

/*
 * Take the logits of one step, of logit_width bytes each. Returns the token id that is emitted at this step, or −1: the best logit (the first of equals) is the
 * blank or repeats that of the step before.
 */
int32_t ss_ctc_push(ss_ctc *ctc, const ss_model *model, const void *logits);

/* ---------------------------------------------------------------- Greedy transducer */

/*
 * Take the logits of the step that has just run. Returns the token id that is emitted, which the predictor sees from the next step
 * on, or −1: the best logit (the first of equals) is the blank. At most one token a step.
 */
int32_t ss_transducer_push(ss_instance *instance, const void *logits);

/*
 * Set what the predictor sees, for a decoder of the caller's own: int32[model->context_count] token ids, oldest first.
 * SS_ERROR_ARGUMENT when one is no token; nothing is changed then.
 */
ss_status ss_set_context(ss_instance *instance, const int32_t *tokens);

#ifdef __cplusplus
}
#endif

#endif
