/* Recognised text. */
#include "transcript.h"

#include <stddef.h>

static const uint8_t word_start[3] = {0xE2, 0x96, 0x81}; /* "▁", U+2581 */

void ss_transcript_reset(ss_transcript *transcript) {
    transcript->count = 0;
    transcript->truncated = false;
}

static bool is_word_start(const char *token) {
    for (size_t i = 0; i < sizeof word_start; i++) {
        if ((uint8_t)token[i] != word_start[i]) return false; /* also at the end of the token */
    }
    return true;
}

void ss_transcript_append(ss_transcript *transcript, const char *token) {
    const uint16_t before = transcript->count;
    size_t next = 0;
    while (token[next] != 0 && !transcript->truncated) {
        uint8_t byte = (uint8_t)token[next];
        if (is_word_start(token + next)) {
            byte = ' ';
            next += sizeof word_start;
        } else {
            next++;
        }
        if (byte == ' ' && transcript->count == 0) continue;
        if (transcript->count == SS_TRANSCRIPT_BYTES) {
            transcript->truncated = true;
            transcript->count = before; /* whole tokens only */
        } else {
            transcript->text[transcript->count++] = byte;
        }
    }
}

uint16_t ss_transcript_length(const ss_transcript *transcript) {
    uint16_t length = transcript->count;
    while (length > 0 && transcript->text[length - 1] == ' ') length--;
    return length;
}
