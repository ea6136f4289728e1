#pragma once

#include <zlib.h>

// A macro in zlib.h, which Swift cannot import.
static inline int czlib_deflateInit2(z_streamp stream, int level, int method, int window_bits, int memory, int strategy) {
    return deflateInit2(stream, level, method, window_bits, memory, strategy);
}
