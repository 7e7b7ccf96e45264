/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Small things that sub-commands share; see bpftap-commands.h. */

#include "bpftap-commands.h"

#include <stdlib.h>
#include <string.h>

#include "bpfdev/bpfdev.h"

unsigned int
bt_parse_direction(const char *what, const char *s)
{
    if (!strcmp(s, "in")) {
        return BPF_D_IN;
    } else if (!strcmp(s, "out")) {
        return BPF_D_OUT;
    } else if (!strcmp(s, "inout")) {
        return BPF_D_INOUT;
    }
    bt_usage("%s: \"%s\" is none of in, out and inout", what, s);
}

char *
bt_join_words(int argc, char *argv[])
{
    struct bt_str s = { NULL, 0, 0 };

    for (int i = 0; i < argc; i++) {
        bt_str_printf(&s, "%s%s", i ? " " : "", argv[i]);
    }
    return s.s;
}

/* Columns that 's' takes on the terminal: characters, as far as UTF-8 tells
 * them. */
static size_t
display_width(const char *s)
{
    size_t width = 0;

    for (; *s; s++) {
        width += (*s & 0xc0) != 0x80;
    }
    return width;
}

static void
print_cell(const char *cell, size_t width, bool right, bool last)
{
    int pad = width - display_width(cell);

    if (right) {
        printf("%*s%s", pad, "", cell);
    } else {
        printf("%s%*s", cell, last ? 0 : pad, "");
    }
    fputs(last ? "\n" : "  ", stdout);
}

/* Returns the bit set of columns that are to be printed. */
static unsigned int
choose_columns(const struct bt_table *table, const size_t widths[])
{
    unsigned int columns = (1u << table->n_columns) - 1;
    size_t total = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        total += widths[i] + 2;
    }
    for (size_t i = 0; (table->width && i + 1 < table->n_columns
                        && total > table->width + 2); i++) {
        columns &= ~(1u << table->least[i]);
        total -= widths[table->least[i]] + 2;
    }
    return columns;
}

static size_t
last_column(unsigned int columns)
{
    size_t last = 0;

    while (columns >>= 1) {
        last++;
    }
    return last;
}

void
bt_table_print(struct bt_table *table)
{
    size_t n = table->n_columns;
    size_t *widths = bt_zalloc(n * sizeof *widths);
    unsigned int columns;
    size_t last;

    for (size_t i = 0; i < table->cells.n; i++) {
        char *cell = bt_printable(table->cells.v[i]);
        size_t width = display_width(cell);

        free(table->cells.v[i]);
        table->cells.v[i] = cell;
        if (width > widths[i % n]) {
            widths[i % n] = width;
        }
    }
    columns = choose_columns(table, widths);
    last = last_column(columns);
    for (size_t i = 0; i < table->cells.n; i++) {
        size_t column = i % n;

        if (columns & (1u << column)) {
            print_cell(table->cells.v[i], widths[column],
                       table->right & (1u << column), column == last);
        }
    }
    bt_strv_free(&table->cells);
    free(widths);
}
