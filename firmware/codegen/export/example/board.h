/* board.h: what the example needs of its surroundings. semihosting.c implements it for a debug probe or an emulator. */
#ifndef BOARD_H
#define BOARD_H

/* Print a text that ends with 0. */
void board_write(const char *text);

/* End the program; `is_good` becomes its exit code. Does not return. */
_Noreturn void board_exit(int is_good);

#endif
