/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
/* Text from outside, see the header.  No state, no locks. */

#include "printable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Decodes the UTF-8 character at the start of the 'n' bytes at 's' and stores
 * it in '*c'.  Returns its length, or 0 if that is no such character: broken
 * off, longer than it needs to be, a surrogate, or too large. */
static size_t
decode(const unsigned char *s, size_t n, uint32_t *c)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = (s[0] < 0x80 ? 1
                  : s[0] < 0xc0 ? 0
                  : s[0] < 0xe0 ? 2
                  : s[0] < 0xf0 ? 3
                  : s[0] < 0xf8 ? 4 : 0);

    if (!len || len > n) {
        return 0;
    }
    *c = len == 1 ? s[0] : s[0] & (0x7f >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        *c = *c << 6 | (s[i] & 0x3f);
    }
    return *c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff)
           ? 0 : len;
}

/* Ranges of characters that do something instead of showing something. */
static bool
is_fit(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } unfit[] = {
        { 0x0000, 0x001f },     /* C0. */
        { 0x007f, 0x009f },     /* DEL, C1. */
        { 0x061c, 0x061c },     /* Directions of text, from here on... */
        { 0x200e, 0x200f },
        { 0x2028, 0x202e },     /* ...and two separators. */
        { 0x2066, 0x2069 },
        { 0xfeff, 0xfeff },     /* Byte order mark. */
        { 0xfff9, 0xfffb },     /* Annotations. */
    };

    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        if (c >= unfit[i].first && c <= unfit[i].last) {
            return false;
        }
    }
    return true;
}

/* Returns how many of the 'n' bytes at 's', at least 1, are a character that
 * may be shown, 0 if the first byte may not. */
static size_t
fit_length(const char *s, size_t n)
{
    uint32_t c;
    size_t len = decode((const unsigned char *) s, n, &c);

    return len && is_fit(c) ? len : 0;
}

bool
printable_is(const char *text, size_t n)
{
    for (size_t i = 0; i < n; ) {
        size_t len = fit_length(&text[i], n - i);

        if (!len) {
            return false;
        }
        i += len;
    }
    return true;
}

char *
printable_copy(char *dst, size_t size, const char *text, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    size_t used = 0;

    for (size_t i = 0; i < n; ) {
        size_t len = fit_length(&text[i], n - i);
        size_t needed = len ? len : 4;

        if (size - used <= needed) {
            break;
        }
        if (len) {
            memcpy(&dst[used], &text[i], len);
            i += len;
        } else {
            unsigned char byte = text[i++];

            dst[used] = '\\';
            dst[used + 1] = 'x';
            dst[used + 2] = hex[byte >> 4];
            dst[used + 3] = hex[byte & 15];
        }
        used += needed;
    }
    dst[used] = '\0';
    return dst;
}

char *
printable_dup(const char *text)
{
    size_t n = strlen(text);
    size_t size = PRINTABLE_SIZE(n);
    char *dst = malloc(size);

    return dst ? printable_copy(dst, size, text, n) : NULL;
}
