/*
 * Commands of the serial interface of MLPerf Tiny. Source: mlcommons/tiny, benchmark/api and benchmark/runner (protocol of the EEMBC
 * runner for performance and accuracy).
 */
#ifndef SS_MLPERF_COMMANDS_H
#define SS_MLPERF_COMMANDS_H

enum {
    SS_COMMAND_END = '%',
    SS_COMMAND_LENGTH = 80, /* most characters before the end mark */
};

/* Execute one command, which is cut into words in place, and write its reply without the closing `m-ready`. */
void ss_mlperf_execute(char *command);

#endif
