/* Frames over the serial port: COBS(version, type, sequence, payload, CRC-32) and a zero byte. */
#ifndef SS_LINK_H
#define SS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ss_protocol.h"

enum {
    SS_FRAME_BYTES = SSP_HEADER_BYTES + SSP_MAX_PAYLOAD + SSP_CRC_BYTES,
    SS_ENCODED_BYTES = SS_FRAME_BYTES + SS_FRAME_BYTES / 254 + 2, /* COBS codes and the delimiter */
    SS_INPUT_BYTES = 256,
};

typedef struct ss_link_counts {
    uint32_t frames;
    uint32_t crc_errors;
    uint32_t framing_errors;
    uint32_t oversized;
} ss_link_counts;

/* What one frame says; the payload stays in the link's memory until the next call of ss_link_receive. */
typedef struct ss_frame {
    uint8_t version;
    uint8_t type;
    uint16_t sequence;
    uint32_t crc; /* of the whole frame: tells a repeated request from a new one */
    uint8_t *payload;
    size_t length; /* bytes of the payload */
} ss_frame;

typedef struct ss_link {
    uint8_t frame[SS_FRAME_BYTES];     /* being received */
    size_t received;                   /* bytes in frame */
    uint8_t block_left;                /* data bytes left of the COBS block */
    uint8_t block_code;                /* code of the COBS block; 255 appends no zero */
    bool overflow;                     /* the frame is longer than its memory */
    bool started;                      /* a byte of the frame was seen */
    uint8_t input[SS_INPUT_BYTES];     /* read from the port, not yet decoded */
    size_t input_count;
    size_t input_next;
    uint8_t encoded[SS_ENCODED_BYTES]; /* the last frame sent, ready to be sent again */
    size_t encoded_count;
    ss_link_counts counts;
} ss_link;

void ss_link_init(ss_link *link);

/* Wait for the next whole frame; others are counted and dropped. False when the input has ended (host builds only). */
bool ss_link_receive(ss_link *link, ss_frame *frame);

/*
 * Send a frame.
 *   bytes   SSP_HEADER_BYTES free bytes, the payload, SSP_CRC_BYTES free bytes: header and CRC are written here
 *   length  bytes of the payload, ≤ SSP_MAX_PAYLOAD
 */
void ss_link_send(ss_link *link, uint8_t *bytes, size_t length, uint8_t type, uint16_t sequence);

/* Send the last frame once more. */
void ss_link_send_again(const ss_link *link);

#endif
