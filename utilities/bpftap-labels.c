/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Labels of packets; see bpftap-labels.h.
 *
 * One process writes 'notes' and 'names', another reads them.  The packet
 * itself, which goes through two pipes, orders the two. */

#include "bpftap-labels.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bpftap-util.h"

/* A packet takes at least 17 bytes of the output buffer (512 KiB), a pipe
 * (64 KiB) and tcpdump's buffer, and then 20 of a pipe again: fewer than
 * 40,000 are under way. */
#define N_NOTES (1u << 17)

/* Ports after that share the last place, and are shown as "...". */
#define N_NAMES 4096
#define NAME_SIZE 256

struct bt_labels {
    uint64_t n_noted;           /* Used by the writer only... */
    uint64_t n_matched;         /* ...and by the reader only. */
    uint32_t notes[N_NOTES];    /* Name and direction. */
    char names[N_NAMES][NAME_SIZE];
    size_t width;               /* Of the longest name so far. */
};

/* Names longer than this do not make the column wider. */
#define WIDTH_MIN 8
#define WIDTH_MAX 32

struct bt_labels *
bt_labels_create(void)
{
    struct bt_labels *labels = mmap(NULL, sizeof *labels,
                                    PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANON, -1, 0);

    if (labels == MAP_FAILED) {
        bt_error("no memory to share with another process");
        return NULL;
    }
    labels->width = WIDTH_MIN;
    return labels;
}

static void
widen(struct bt_labels *labels, size_t width)
{
    if (width > labels->width && width <= WIDTH_MAX) {
        labels->width = width;
    }
}

void
bt_labels_expect(struct bt_labels *labels, const char *name)
{
    widen(labels, strlen(name));
}

void
bt_labels_note(struct bt_labels *labels, uint32_t number, const char *name,
               enum bt_direction direction)
{
    char *place;

    if (number >= N_NAMES - 1) {
        number = N_NAMES - 1;
        name = "...";
    }
    place = labels->names[number];
    if (!place[0]) {
        snprintf(place, NAME_SIZE, "%s", name);
        widen(labels, strlen(place));
    }
    labels->notes[labels->n_noted++ % N_NOTES] = number << 2 | direction;
}

size_t
bt_labels_match(struct bt_labels *labels, const char *line, size_t n,
                char *label, size_t size)
{
    static const char *const directions[] = { "?", "In", "Out", "?" };
    char number[32];
    size_t length;
    uint32_t note;

    length = snprintf(number, sizeof number, "%5llu  ",
                      (unsigned long long int) labels->n_matched + 1);
    if (n < length || memcmp(line, number, length)) {
        return 0;
    }
    note = labels->notes[labels->n_matched++ % N_NOTES];
    snprintf(label, size, "%-*s %-3s ", (int) labels->width, labels->names[note >> 2],
             directions[note & 3]);
    return length;
}
