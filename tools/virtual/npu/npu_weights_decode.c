/* Decoder of the weight stream.

   A stream is a series of slices, each with a header (bits, least significant first):
     3 zdiv     0..3 divisor of the zero runs, 6 no zero runs, 7 no slice: go to the next byte boundary
     15 length  number of coded weights less one
     3 wdiv     0..5 divisor of the weights, 7 weights are not entropy coded
     1 trunc    quotients stop at 2
     1 new      a palette follows: 5 direct offset, 5 size (0, or entries less one), 3 bits less two, entries
   Weight indices and the zero runs between them are Golomb-Rice codes, sent in chunks of up to 12 symbols:
   unary parts of the chunk, then the remainders of the chunk before, weights and zero runs interleaved so
   that neither runs ahead of the other. An index below the palette's size names an entry, any other is a
   direct value; both are a magnitude above a sign in bit 0. */
#include <stdlib.h>
#include <string.h>

#include "npu_weights.h"

enum {
  SYMBOLS = 12,       /* of a chunk, at most */
  ZERO_RUNS_OFF = 6,  /* zdiv */
  BYTE_BOUNDARY = 7,  /* zdiv */
  NOT_CODED = 7,      /* wdiv */
  INDEX_LIMIT = 512,  /* an index has 9 bits */
  PALETTE_SIZE = 32
};

typedef struct {
  const uint8_t *data;
  uint64_t bits; /* in the stream */
  uint64_t position;
  bool underrun;
} bit_reader;

/* The 24 bits or more from a byte on, the first in bit 0; zeros beyond the end. */
static uint32_t window(const bit_reader *in, uint64_t byte) {
  const uint64_t total = in->bits >> 3;
  if (byte + 4 <= total) {
    const uint8_t *data = in->data + byte;
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
  }
  uint32_t bits = 0;
  for (uint32_t index = 0; byte + index < total; index++) {
    bits |= (uint32_t)in->data[byte + index] << (8 * index);
  }
  return bits;
}

/* The next count bits, 0 to 16; zeros and underrun beyond the end. */
static inline uint32_t take(bit_reader *in, uint32_t count) {
  if (in->position + count > in->bits) {
    in->underrun = true;
    in->position = in->bits;
    return 0;
  }
  const uint32_t bits = window(in, in->position >> 3) >> (in->position & 7);
  in->position += count;
  return bits & ((1u << count) - 1u);
}

typedef struct {
  uint32_t zero_divisor, weight_divisor; /* bits of a remainder */
  uint32_t length;
  bool zero_runs, coded, truncated, new_palette;
} slice_header;

typedef struct {
  bit_reader in;
  uint32_t palette[PALETTE_SIZE];
  uint32_t palette_size, palette_bits, direct_offset;
  bool begun, had_zero_runs; /* a palette is known; mode of the slice before */
  npu_weight_list out;
  uint64_t capacity, limit;
} decoder;

/* One of the two symbol series of a slice. */
typedef struct {
  uint32_t *values;
  uint32_t total;            /* symbols to come in this slice */
  uint32_t announced, done;  /* whose quotient, whose remainder was read */
  uint32_t carry;            /* quotient so far of a code that a chunk cut */
  uint32_t fresh[SYMBOLS + 1], pending[SYMBOLS + 1];
  uint32_t fresh_count, pending_count;
  bool active, was_active;
} series;

static npu_weights_status append(decoder *d, int16_t value, uint32_t count) {
  if (count == 1 && d->out.count < d->limit && d->out.count < d->capacity) {
    d->out.values[d->out.count++] = value;
    return NPU_WEIGHTS_OK;
  }
  if (count > d->limit - d->out.count) {
    return NPU_WEIGHTS_TOO_MANY;
  }
  if (d->out.count + count > d->capacity) {
    uint64_t capacity = d->capacity ? 2 * d->capacity : 4096;
    while (capacity < d->out.count + count) {
      capacity *= 2;
    }
    int16_t *grown = realloc(d->out.values, (size_t)capacity * sizeof *grown);
    if (!grown) {
      return NPU_WEIGHTS_NO_MEMORY;
    }
    d->out.values = grown;
    d->capacity = capacity;
  }
  for (uint32_t index = 0; index < count; index++) {
    d->out.values[d->out.count + index] = value;
  }
  d->out.count += count;
  return NPU_WEIGHTS_OK;
}

static void read_palette(decoder *d) {
  d->direct_offset = take(&d->in, 5);
  const uint32_t size = take(&d->in, 5);
  d->palette_size = size ? size + 1 : 0;
  d->palette_bits = take(&d->in, 3) + 2;
  for (uint32_t entry = 0; entry < d->palette_size; entry++) {
    d->palette[entry] = take(&d->in, d->palette_bits);
  }
}

/* Bits of an index that is sent as it is. */
static uint32_t plain_bits(const decoder *d) {
  uint32_t bits = 0;
  if (!d->palette_size) {
    return d->palette_bits;
  }
  while ((1u << bits) < d->palette_size) {
    bits++;
  }
  return bits;
}

static npu_weights_status read_header(decoder *d, uint32_t zdiv, slice_header *header) {
  header->length = take(&d->in, 15) + 1;
  const uint32_t wdiv = take(&d->in, 3);
  header->truncated = take(&d->in, 1);
  header->new_palette = take(&d->in, 1);
  header->zero_runs = zdiv != ZERO_RUNS_OFF;
  header->zero_divisor = header->zero_runs ? zdiv : 0;
  if ((zdiv > 3 && header->zero_runs) || wdiv == 6) {
    return NPU_WEIGHTS_HEADER;
  }
  /* Without zero runs the palette holds the zero, so the mode may change only together with it. */
  if (!header->new_palette && (!d->begun || header->zero_runs != d->had_zero_runs)) {
    return NPU_WEIGHTS_HEADER;
  }
  if (header->new_palette) {
    read_palette(d);
  }
  d->begun = true;
  d->had_zero_runs = header->zero_runs;
  header->coded = wdiv != NOT_CODED;
  header->weight_divisor = header->coded ? wdiv : plain_bits(d);
  return d->in.underrun ? NPU_WEIGHTS_SHORT : NPU_WEIGHTS_OK;
}

/* Take one step of a code; ends says whether it is complete. Without branches: which way a code goes is
   random, and a host mispredicts half of them. */
static inline void count_up(series *s, uint32_t step, uint32_t ends) {
  s->carry += step;
  s->fresh[s->fresh_count] = s->carry;
  s->fresh_count += ends;
  s->carry &= ends - 1u;
}

/* Unary parts of zero runs: ones count up, a zero ends a code. */
static void zero_quotients(bit_reader *in, series *s, uint32_t length) {
  const uint32_t unary = take(in, length);
  s->fresh_count = 0;
  for (uint32_t bit = 0; bit < length; bit++) {
    const uint32_t one = unary >> bit & 1u;
    count_up(s, one, one ^ 1u);
  }
  s->announced += s->fresh_count;
}

/* Unary parts of weights: a bit of the first word says "more than 0", its bit of the second word "more than
   1"; then a truncated code ends, any other goes on with the next pair. */
static void weight_quotients(bit_reader *in, series *s, uint32_t first, uint32_t length, bool truncated) {
  uint32_t second = take(in, (uint32_t)__builtin_popcount(first & ((1u << length) - 1u)));
  s->fresh_count = 0;
  for (uint32_t bit = 0; bit < length; bit++) {
    const uint32_t more = first >> bit & 1u;
    const uint32_t most = more & second;
    second >>= more;
    count_up(s, more + most, (most ^ 1u) | truncated);
  }
  s->announced += s->fresh_count;
}

static void remainders(bit_reader *in, series *s, uint32_t divisor) {
  const uint32_t left = s->total - s->done;
  const uint32_t count = s->pending_count < left ? s->pending_count : left;
  uint32_t *values = s->values + s->done;
  bit_reader local = *in; /* in registers: this is where the time goes */
  for (uint32_t index = 0; index < count; index++) {
    values[index] = (s->pending[index] << divisor) + take(&local, divisor);
  }
  s->done += count;
  *in = local;
}

static void next_chunk(series *s) {
  memcpy(s->pending, s->fresh, sizeof s->pending);
  s->pending_count = s->fresh_count;
  s->was_active = s->active;
}

static npu_weights_status read_symbols(decoder *d, const slice_header *header, series *w, series *z) {
  const uint32_t zero_length = header->zero_divisor < 3 && header->zero_runs ? 12 : 8;
  const uint32_t weight_length = !header->coded && header->weight_divisor > 5 ? 8 : 12;
  do {
    const int64_t ahead = header->zero_runs ? (int64_t)w->announced - z->announced : 0;
    w->active = ahead < 8 && w->announced < w->total;
    z->active = header->zero_runs && ahead >= 0 && z->announced < z->total;
    const uint32_t first = w->active && header->coded ? take(&d->in, SYMBOLS) : 0;
    if (z->active) {
      zero_quotients(&d->in, z, zero_length);
    }
    if (w->active) {
      weight_quotients(&d->in, w, first, weight_length, header->truncated);
    }
    if (w->was_active) {
      remainders(&d->in, w, header->weight_divisor);
    }
    if (z->was_active) {
      remainders(&d->in, z, header->zero_divisor);
    }
    next_chunk(w);
    next_chunk(z);
    if (d->in.underrun) {
      return NPU_WEIGHTS_SHORT;
    }
  } while (w->was_active || z->was_active);
  return NPU_WEIGHTS_OK;
}

static npu_weights_status emit(decoder *d, const slice_header *header, const series *w, const series *z) {
  const uint32_t lead = header->new_palette ? 1 : 0;
  npu_weights_status status = NPU_WEIGHTS_OK;
  if (header->zero_runs && lead) {
    status = append(d, 0, z->values[0]);
  }
  for (uint32_t index = 0; index < header->length && status == NPU_WEIGHTS_OK; index++) {
    const uint32_t symbol = w->values[index];
    if (symbol >= INDEX_LIMIT) {
      return NPU_WEIGHTS_VALUE;
    }
    const uint32_t value =
        symbol < d->palette_size ? d->palette[symbol] : symbol - d->palette_size + d->direct_offset;
    const int32_t magnitude = (int32_t)(value >> 1);
    status = append(d, (int16_t)(value & 1u ? -magnitude : magnitude), 1);
    if (status == NPU_WEIGHTS_OK && header->zero_runs) {
      status = append(d, 0, z->values[index + lead]);
    }
  }
  return status;
}

static npu_weights_status decode_slice(decoder *d, const slice_header *header) {
  series w = {.total = header->length};
  series z = {.total = header->zero_runs ? header->length + (header->new_palette ? 1 : 0) : 0};
  w.values = calloc(w.total, sizeof *w.values);
  z.values = calloc(z.total + 1u, sizeof *z.values);
  npu_weights_status status = NPU_WEIGHTS_NO_MEMORY;
  if (w.values && z.values) {
    status = read_symbols(d, header, &w, &z);
    if (status == NPU_WEIGHTS_OK) {
      status = emit(d, header, &w, &z);
    }
  }
  free(w.values);
  free(z.values);
  return status;
}

npu_weights_status npu_weights_decode(const uint8_t *stream, uint32_t bytes, uint64_t limit,
                                      npu_weight_list *list) {
  decoder d = {.in = {.data = stream, .bits = (uint64_t)bytes * 8}, .limit = limit};
  npu_weights_status status = NPU_WEIGHTS_OK;
  while (status == NPU_WEIGHTS_OK && d.in.position + 3 <= d.in.bits) {
    const uint32_t zdiv = take(&d.in, 3);
    if (zdiv == BYTE_BOUNDARY) {
      d.in.position = (d.in.position + 7) & ~(uint64_t)7;
      d.begun = false;
      continue;
    }
    slice_header header;
    status = read_header(&d, zdiv, &header);
    if (status == NPU_WEIGHTS_OK) {
      status = decode_slice(&d, &header);
    }
  }
  if (status != NPU_WEIGHTS_OK) {
    free(d.out.values);
    d.out = (npu_weight_list){0};
  }
  *list = d.out;
  return status;
}
