/* The protocol engine. */
#include "engine.h"

#include "commands.h"
#include "hal.h"

typedef struct ss_command_entry {
    uint8_t type;
    bool needs_model; /* refused while the model could not be started */
    ss_command_function *execute;
} ss_command_entry;

static const ss_command_entry commands[] = {
    {SSP_TYPE_HELLO, false, ss_command_hello},
    {SSP_TYPE_BLOCK_INFO, false, ss_command_block_info},
    {SSP_TYPE_STATE_INFO, false, ss_command_state_info},
    {SSP_TYPE_RESET, true, ss_command_reset},
    {SSP_TYPE_STEP_FEATURES, true, ss_command_step_features},
    {SSP_TYPE_STEP_PCM, true, ss_command_step_pcm},
    {SSP_TYPE_SET_GATE_SOURCE, true, ss_command_set_gate_source},
    {SSP_TYPE_SET_THRESHOLD_OFFSET, true, ss_command_set_threshold_offset},
    {SSP_TYPE_SET_IDLE_RESET, true, ss_command_set_idle_reset},
    {SSP_TYPE_PROFILE, false, ss_command_profile},
    {SSP_TYPE_MEMORY, false, ss_command_memory},
    {SSP_TYPE_LINK_INFO, false, ss_command_link_info},
    {SSP_TYPE_FAULT_INFO, false, ss_command_fault_info},
    {SSP_TYPE_SELF_TEST, true, ss_command_self_test},
    {SSP_TYPE_NPU_INFO, false, ss_command_npu_info},
    {SSP_TYPE_NPU_PROFILE, false, ss_command_npu_profile},
    {SSP_TYPE_STATE_READ, true, ss_command_state_read},
    {SSP_TYPE_TEXT, false, ss_command_text},
    {SSP_TYPE_INTENT, false, ss_command_intent},
};

static ss_session session;
static ss_link link_state;
static uint8_t reply_frame[SS_FRAME_BYTES];

static const ss_command_entry *find(uint8_t type) {
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].type == type) return &commands[i];
    }
    return NULL;
}

static void send_error(uint8_t request, uint16_t sequence, uint8_t code, uint32_t detail) {
    ssp_error_reply error = {.request = request, .code = code, .detail = detail};
    const size_t length = ssp_place_error_reply(reply_frame + SSP_HEADER_BYTES, SSP_MAX_PAYLOAD, &error);
    ss_link_send(&link_state, reply_frame, length, SSP_TYPE_ERROR | SSP_REPLY, sequence);
}

/* Execute; the reply's length, or command->error is set. */
static size_t execute(ss_command *command, const ss_frame *frame) {
    const ss_command_entry *const entry = find(frame->type);
    command->payload = frame->payload;
    command->length = frame->length;
    command->reply = reply_frame + SSP_HEADER_BYTES;
    command->error = 0;
    command->detail = 0;
    if (frame->version != SSP_VERSION) return ss_refuse(command, SSP_ERROR_BAD_VERSION, SSP_VERSION);
    if (entry == NULL) return ss_refuse(command, SSP_ERROR_UNKNOWN_TYPE, 0);
    if (entry->needs_model && session.status != SS_OK) {
        const ss_fault_record *const fault = ss_fault_state();
        if (fault->at_start >= SS_FAULT_LIMIT) return ss_refuse(command, SSP_ERROR_FAULT, fault->kind);
        return ss_refuse(command, SSP_ERROR_MODEL, (uint32_t)session.status);
    }
    return entry->execute(command);
}

static void serve(ss_command *command, const ss_frame *frame) {
    ss_fault_record *const fault = ss_fault_state();
    fault->request = frame->type;
    fault->request_sequence = frame->sequence;
    fault->busy = 1;
    const size_t length = execute(command, frame);
    fault->busy = 0;
    if (command->error != 0) {
        command->errors_sent++;
        send_error(frame->type, frame->sequence, command->error, command->detail);
    } else {
        ss_link_send(&link_state, reply_frame, length, (uint8_t)(frame->type | SSP_REPLY), frame->sequence);
    }
}

/* A fault ended the request before this start: answer it. */
static void report_fault(ss_command *command) {
    ss_fault_record *const fault = ss_fault_state();
    if (fault->unreported != 0 && fault->busy != 0) {
        command->errors_sent++;
        send_error((uint8_t)fault->request, (uint16_t)fault->request_sequence, SSP_ERROR_FAULT, fault->kind);
    }
    fault->unreported = 0;
    fault->busy = 0;
}

void ss_engine_run(void) {
    ss_command command = {.session = &session, .link = &link_state, .counter_kind = ss_counters_init()};
    ss_link_init(&link_state);
    ss_session_init(&session, ss_fault_state()->at_start < SS_FAULT_LIMIT);
    report_fault(&command);
    ss_frame last = {0};
    bool answered = false; /* `last` was a request, and its reply is still in the link */
    for (ss_frame frame; ss_link_receive(&link_state, &frame);) {
        if (answered && frame.crc == last.crc && frame.sequence == last.sequence) {
            command.repeats++;
            ss_link_send_again(&link_state);
            continue;
        }
        serve(&command, &frame);
        last = frame;
        answered = true;
    }
}
