/*
 * Dot products of the FULLY_CONNECTED kernels for Helium: 10 instructions for 64 multiply-accumulates.
 */
#ifndef SS_FULLY_CONNECTED_MVE_H
#define SS_FULLY_CONNECTED_MVE_H

#include "ss_mve.h"

enum { SS_GROUP_ROWS = 4, SS_TILE_COLUMNS = 16 };

/* Dot products of four rows: their bias, whole tiles of 16 columns, then one tile of `tail` columns. Moves %[stream] and
 * %[input]; uses q0 ... q2 and lr. In assembly because gcc 12 neither keeps the loop in LE form nor pairs the loads with
 * the products. */
#define SS_FOUR_DOT_PRODUCTS                          \
    "ldrd %[row0], %[row1], [%[stream]], #8\n\t"      \
    "ldrd %[row2], %[row3], [%[stream]], #8\n\t"      \
    "wls lr, %[tiles], 2f\n"                          \
    "1:\n\t"                                          \
    "vldrb.8 q0, [%[input]], #16\n\t"                 \
    SS_ROWS_OF_A_TILE                                 \
    "le lr, 1b\n"                                     \
    "2:\n\t"                                          \
    "cbz %[tail], 3f\n\t"                             \
    "vctp.8 %[tail]\n\t"                              \
    "vpst\n\t"                                        \
    "vldrbt.8 q0, [%[input]]\n\t"                     \
    SS_ROWS_OF_A_TILE                                 \
    "3:\n\t"

#define SS_ROWS_OF_A_TILE                             \
    "vldrb.8 q1, [%[stream]], #16\n\t"                \
    "vmladava.s8 %[row0], q0, q1\n\t"                 \
    "vldrb.8 q2, [%[stream]], #16\n\t"                \
    "vmladava.s8 %[row1], q0, q2\n\t"                 \
    "vldrb.8 q1, [%[stream]], #16\n\t"                \
    "vmladava.s8 %[row2], q0, q1\n\t"                 \
    "vldrb.8 q2, [%[stream]], #16\n\t"                \
    "vmladava.s8 %[row3], q0, q2\n\t"

#endif
