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
/* Tests of lib/printable.h. */

#include "printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int n_failed;

/* Checks that 'text' becomes 'expected' in a buffer of 'size' bytes. */
static void
check(const char *text, size_t n, size_t size, const char *expected)
{
    char *dst = malloc(size);
    bool is = printable_is(text, n);
    bool same = n == strlen(expected) && !memcmp(text, expected, n);

    memset(dst, 'Z', size);
    printable_copy(dst, size, text, n);
    if (strcmp(dst, expected)) {
        printf("expected \"%s\", got \"%s\"\n", expected, dst);
        n_failed++;
    }
    if (size >= PRINTABLE_SIZE(n) && is != same) {
        printf("\"%s\": expected printable %d, got %d\n", expected, same, is);
        n_failed++;
    }
    free(dst);
}

#define CHECK(TEXT, EXPECTED)                                           \
    check(TEXT, sizeof TEXT - 1, PRINTABLE_SIZE(sizeof TEXT - 1), EXPECTED)

int
main(void)
{
    CHECK("", "");
    CHECK("tcpdump", "tcpdump");
    CHECK("a \\ \" b", "a \\ \" b");
    CHECK("\033[2J", "\\x1b[2J");
    CHECK("a\nb\tc\177", "a\\x0ab\\x09c\\x7f");
    CHECK("a\0b", "a\\x00b");

    /* Every length of UTF-8, its first and its last character. */
    CHECK("\302\240\337\277", "\302\240\337\277");
    CHECK("\340\240\200\357\277\275", "\340\240\200\357\277\275");
    CHECK("\360\220\200\200\364\217\277\277",
          "\360\220\200\200\364\217\277\277");

    /* Not UTF-8: a lone continuation, broken off, too long, a surrogate, too
     * large, bytes that never occur. */
    CHECK("\200", "\\x80");
    CHECK("x\303", "x\\xc3");
    CHECK("\303(", "\\xc3(");
    CHECK("\300\257", "\\xc0\\xaf");
    CHECK("\340\200\257", "\\xe0\\x80\\xaf");
    CHECK("\355\240\200", "\\xed\\xa0\\x80");
    CHECK("\364\220\200\200", "\\xf4\\x90\\x80\\x80");
    CHECK("\376\377", "\\xfe\\xff");

    /* Characters that act: C1 (CSI), right-to-left override, separators. */
    CHECK("\302\2332J", "\\xc2\\x9b2J");
    CHECK("\342\200\256x", "\\xe2\\x80\\xaex");
    CHECK("\342\200\250x", "\\xe2\\x80\\xa8x");
    CHECK("\342\201\246x", "\\xe2\\x81\\xa6x");

    /* No room: characters and escapes stay whole. */
    check("abc", 3, 3, "ab");
    check("ab\303\244", 4, 4, "ab");
    check("ab\033", 3, 6, "ab");
    check("\033", 1, 5, "\\x1b");
    check("abc", 3, 1, "");

    char *dup = printable_dup("\007x");
    if (!dup || strcmp(dup, "\\x07x")) {
        printf("expected \"\\x07x\", got \"%s\"\n", dup ? dup : "(none)");
        n_failed++;
    }
    free(dup);
    return n_failed != 0;
}
