/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The sub-commands of ovs-bpftap.  Each takes its own argument vector, whose
 * first member is its name, and returns the program's exit status. */

#ifndef BPFTAP_COMMANDS_H
#define BPFTAP_COMMANDS_H 1

#include "bpftap-util.h"

int bt_cmd_list(int argc, char *argv[]);
int bt_cmd_capture(int argc, char *argv[]);
int bt_cmd_record(int argc, char *argv[]);
int bt_cmd_dump(int argc, char *argv[]);
int bt_cmd_inject(int argc, char *argv[]);
int bt_cmd_top(int argc, char *argv[]);
int bt_cmd_trace(int argc, char *argv[]);
int bt_cmd_follow(int argc, char *argv[]);
int bt_cmd_drops(int argc, char *argv[]);
int bt_cmd_exporter(int argc, char *argv[]);
int bt_cmd_extcap(int argc, char *argv[]);

/* Parses the argument of -Q. */
unsigned int bt_parse_direction(const char *what, const char *s);

/* Joins the words 'argv[0]' to 'argv[argc - 1]' with spaces, as tcpdump does
 * with its filter expression.  Returns NULL if there are none.  The caller
 * frees it. */
char *bt_join_words(int argc, char *argv[]);

/* A table of text, for people, whose columns are as wide as they must be. */
struct bt_table {
    struct bt_strv cells;       /* Row by row. */
    size_t n_columns;
    unsigned int right;         /* Bit set of right-aligned columns. */

    /* If 'width' is not 0, the columns that 'least' names, an array of
     * 'n_columns' numbers of columns, the least important first, are left out
     * until the others fit into so many places of the terminal. */
    size_t width;
    const uint8_t *least;
};

/* Prints 'table' on standard output and frees its cells. */
void bt_table_print(struct bt_table *table);

#endif /* bpftap-commands.h */
