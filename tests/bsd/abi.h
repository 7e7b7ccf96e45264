/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The rows of an ABI test and the loop over them.  Single-threaded. */

#ifndef TESTS_BSD_ABI_H
#define TESTS_BSD_ABI_H 1

#include <stddef.h>
#include <stdio.h>

struct abi_row {
    const char *what;
    unsigned long long got;
    unsigned long long want;
};

#define ABI(EXPR, WANT) { #EXPR, (unsigned long long) (EXPR), WANT },
#define ABI_IO(REQUEST, WANT) \
    { #REQUEST, (unsigned long long) (REQUEST) & 0xffffffff, WANT },
#define ABI_SIZE(TYPE, WANT) { "sizeof " #TYPE, sizeof(TYPE), WANT },
#define ABI_AT(TYPE, MEMBER, WANT) \
    { "offset of " #MEMBER " in " #TYPE, offsetof(TYPE, MEMBER), WANT },

/* Prints every row of the 'n' 'rows' that does not hold, and how many do.
 * Returns an exit status. */
static inline int
abi_check(const struct abi_row *rows, size_t n)
{
    size_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        if (rows[i].got != rows[i].want) {
            printf("%s: expected %llu (%#llx), got %llu (%#llx)\n",
                   rows[i].what, rows[i].want, rows[i].want,
                   rows[i].got, rows[i].got);
            bad++;
        }
    }
    printf("%zu of %zu values hold\n", n - bad, n);
    return bad ? 1 : 0;
}

#endif /* tests/bsd/abi.h */
