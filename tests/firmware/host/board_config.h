/* The "board" of the host build. */
#ifndef SS_BOARD_CONFIG_H
#define SS_BOARD_CONFIG_H

#define SS_BOARD_NAME "host"
#define SS_BOARD_CORE "host"
#define SS_CLOCK_HZ 1000000u

#endif
