/* Every request and the function that executes it. One file a group of commands. */
#ifndef SS_COMMANDS_H
#define SS_COMMANDS_H

#include "engine.h"

/* commands_identity.c */
ss_command_function ss_command_hello, ss_command_block_info, ss_command_state_info;
/* commands_stream.c */
ss_command_function ss_command_reset, ss_command_step_features, ss_command_step_pcm;
/* commands_gates.c */
ss_command_function ss_command_set_gate_source, ss_command_set_threshold_offset, ss_command_set_idle_reset;
/* commands_measure.c */
ss_command_function ss_command_profile, ss_command_memory;
/* commands_diagnose.c */
ss_command_function ss_command_link_info, ss_command_fault_info, ss_command_self_test;
/* commands_read.c */
ss_command_function ss_command_state_read, ss_command_text;
/* commands_intent.c */
ss_command_function ss_command_intent;

/* commands_npu.c */
ss_command_function ss_command_npu_info, ss_command_npu_profile;

#endif
