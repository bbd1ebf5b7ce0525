/* Recognised text: tokens in, UTF-8 out. */
#ifndef SS_TRANSCRIPT_H
#define SS_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>

enum { SS_TRANSCRIPT_BYTES = 2048 };

typedef struct ss_transcript {
    uint8_t text[SS_TRANSCRIPT_BYTES];
    uint16_t count; /* bytes in text */
    bool truncated; /* a token did not fit; nothing is appended from then on */
} ss_transcript;

void ss_transcript_reset(ss_transcript *transcript);

/* Append a token: every "▁" becomes a space, spaces at the very start are dropped. */
void ss_transcript_append(ss_transcript *transcript, const char *token);

/* Bytes of the text without spaces at its end. */
uint16_t ss_transcript_length(const ss_transcript *transcript);

#endif
