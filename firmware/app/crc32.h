/* CRC-32/ISO-HDLC (as zlib's), the checksum of every frame. */
#ifndef SS_CRC32_H
#define SS_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC of `count` bytes. */
uint32_t ss_crc32(const uint8_t *bytes, size_t count);

#endif
