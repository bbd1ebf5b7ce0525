/* The protocol engine: one request, one reply. */
#ifndef SS_ENGINE_H
#define SS_ENGINE_H

#include <stdint.h>

#include "link.h"
#include "session.h"

/* What a command works on. `payload` is the request's; the reply's payload is written to `reply`. */
typedef struct ss_command {
    ss_session *session;
    const ss_link *link;
    uint8_t counter_kind; /* ssp_counter_kind */
    uint32_t repeats;
    uint32_t errors_sent;
    uint8_t *payload;
    size_t length;       /* of payload */
    uint8_t *reply;      /* SSP_MAX_PAYLOAD bytes */
    uint8_t error;       /* ssp_error_code, with `detail`; 0: the reply stands */
    uint32_t detail;
} ss_command;

/* Executes one request; returns the length of the reply's payload, or what ss_refuse returned. */
typedef size_t ss_command_function(ss_command *command);

/* Refuse the request; to be returned by the command. */
static inline size_t ss_refuse(ss_command *command, ssp_error_code error, uint32_t detail) {
    command->error = (uint8_t)error;
    command->detail = detail;
    return 0;
}

/* Refuse: the payload's length is wrong. */
static inline size_t ss_refuse_length(ss_command *command) {
    return ss_refuse(command, SSP_ERROR_BAD_LENGTH, (uint32_t)command->length);
}

/* Serve requests; returns only when the input has ended (host builds). */
void ss_engine_run(void);

#endif
