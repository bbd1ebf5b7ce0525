/* Frames over the serial port. COBS: S. Cheshire, M. Baker, Consistent Overhead Byte Stuffing, SIGCOMM 1997. */
#include "link.h"

#include "crc32.h"
#include "hal.h"

enum { COBS_FULL = 0xFF };

static void start_frame(ss_link *link) {
    link->received = 0;
    link->block_left = 0;
    link->block_code = COBS_FULL;
    link->overflow = false;
    link->started = false;
}

void ss_link_init(ss_link *link) {
    start_frame(link);
    link->input_count = 0;
    link->input_next = 0;
    link->encoded_count = 0;
    link->counts = (ss_link_counts){0};
}

static void append(ss_link *link, uint8_t byte) {
    if (link->received == SS_FRAME_BYTES) {
        link->overflow = true;
        return;
    }
    link->frame[link->received++] = byte;
}

/* Decode one byte that is not the delimiter. */
static void decode(ss_link *link, uint8_t byte) {
    link->started = true;
    if (link->block_left > 0) {
        append(link, byte);
        link->block_left--;
        return;
    }
    if (link->block_code != COBS_FULL) append(link, 0);
    link->block_code = byte;
    link->block_left = (uint8_t)(byte - 1u);
}

/* The delimiter was seen: is there a frame? Counts it, or what is wrong with it. */
static bool finish(ss_link *link, ss_frame *frame) {
    if (link->overflow) {
        link->counts.oversized++;
        return false;
    }
    if (link->block_left > 0 || link->received < SSP_HEADER_BYTES + SSP_CRC_BYTES) {
        link->counts.framing_errors++;
        return false;
    }
    const size_t body = link->received - SSP_CRC_BYTES;
    const uint32_t crc = ssp_get_u32(link->frame + body);
    if (crc != ss_crc32(link->frame, body)) {
        link->counts.crc_errors++;
        return false;
    }
    link->counts.frames++;
    *frame = (ss_frame){
        .version = link->frame[0],
        .type = link->frame[1],
        .sequence = ssp_get_u16(link->frame + 2),
        .crc = crc,
        .payload = link->frame + SSP_HEADER_BYTES,
        .length = body - SSP_HEADER_BYTES,
    };
    return true;
}

bool ss_link_receive(ss_link *link, ss_frame *frame) {
    for (;;) {
        if (link->input_next == link->input_count) {
            link->input_count = ss_uart_read(link->input, sizeof link->input);
            link->input_next = 0;
            if (link->input_count == 0) return false;
        }
        const uint8_t byte = link->input[link->input_next++];
        if (byte != 0) {
            decode(link, byte);
            continue;
        }
        const bool whole = link->started && finish(link, frame); /* a lone delimiter is no frame */
        start_frame(link);
        if (whole) return true;
    }
}

/* Encode `count` bytes and the delimiter into link->encoded. */
static void encode(ss_link *link, const uint8_t *bytes, size_t count) {
    size_t code_at = 0;
    size_t written = 1;
    uint8_t code = 1;
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) {
            link->encoded[written++] = bytes[i];
            code++;
        }
        if (bytes[i] == 0 || (code == COBS_FULL && i + 1 < count)) {
            link->encoded[code_at] = code;
            code_at = written++;
            code = 1;
        }
    }
    link->encoded[code_at] = code;
    link->encoded[written++] = 0;
    link->encoded_count = written;
}

void ss_link_send(ss_link *link, uint8_t *bytes, size_t length, uint8_t type, uint16_t sequence) {
    const size_t body = SSP_HEADER_BYTES + length;
    bytes[0] = SSP_VERSION;
    bytes[1] = type;
    ssp_put_u16(bytes + 2, sequence);
    ssp_put_u32(bytes + body, ss_crc32(bytes, body));
    encode(link, bytes, body + SSP_CRC_BYTES);
    ss_link_send_again(link);
}

void ss_link_send_again(const ss_link *link) { ss_uart_write(link->encoded, link->encoded_count); }
