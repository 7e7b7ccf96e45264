/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Names of files of a sequence; see bpftap-files-private.h. */

#include "bpftap-files-private.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Splits off what follows the last dot of the last component of 'path', the
 * dot included.  Returns a pointer to it, or to the terminating null. */
static const char *
find_suffix(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    return dot && dot != base ? dot : base + strlen(base);
}

/* As find_suffix(), with the suffix before one of a compression. */
static const char *
find_whole_suffix(const char *path)
{
    const char *suffix = find_suffix(path);
    char *stem;

    if (bt_compression_of_name(path) == BT_PLAIN) {
        return suffix;
    }
    stem = bt_asprintf("%.*s", (int) (suffix - path), path);
    suffix = path + (find_suffix(stem) - stem);
    free(stem);
    return suffix;
}

/* As dumpcap(1) names them: NAME_00001_20261122103000.pcapng. */
static char *
numbered_name(const struct bt_files_config *config, unsigned int number)
{
    const char *suffix = find_whole_suffix(config->path);
    int stem = suffix - config->path;
    time_t now = time(NULL);
    struct tm tm;
    char stamp[32];

    strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", localtime_r(&now, &tm));
    return (config->time_first
            ? bt_asprintf("%.*s_%s_%05u%s", stem, config->path, stamp, number,
                          suffix)
            : bt_asprintf("%.*s_%05u_%s%s", stem, config->path, number, stamp,
                          suffix));
}

/* Does 'path' say itself where the time goes, in the way of strftime(3)? */
static bool
has_stamp(const char *path)
{
    const char *p = strchr(path, '%');

    return p && isalpha((unsigned char) p[1]);
}

/* Names with a stamp, as tcpdump(8)'s -G has them.  Files of the same second,
 * or of whatever the stamp's unit is, are numbered. */
static char *
stamped_name(struct bt_files *files)
{
    const char *path = files->config->path;
    size_t size = 2 * strlen(path) + 256;
    char *name = bt_zalloc(size);
    time_t now = time(NULL);
    const char *suffix;
    struct tm tm;
    char *numbered;

    if (!strftime(name, size, path, localtime_r(&now, &tm))) {
        bt_fatal("%s: this name with the time in it is too long", path);
    }
    if (!files->stamped || strcmp(files->stamped, name)) {
        free(files->stamped);
        files->stamped = bt_strdup(name);
        files->n_stamped = 1;
        return name;
    }
    suffix = find_whole_suffix(name);
    numbered = bt_asprintf("%.*s_%05u%s", (int) (suffix - name), name,
                           ++files->n_stamped, suffix);
    free(name);
    return numbered;
}

char *
bt_files_name(struct bt_files *files)
{
    const struct bt_files_config *config = files->config;

    if (!bt_files_is_sequence(config)) {
        return bt_strdup(config->path);
    }
    return (has_stamp(config->path)
            ? stamped_name(files)
            : numbered_name(config, files->number));
}

char *
bt_files_default_name(const struct bt_files_config *config,
                      const char *suffix)
{
    const char *compression = bt_compression_suffix(config->compression);
    time_t now = time(NULL);
    struct tm tm;
    char stamp[32] = "";

    /* Files of a sequence get their times anyway. */
    if (!bt_files_is_sequence(config)) {
        strftime(stamp, sizeof stamp, "-%Y%m%d%H%M%S", localtime_r(&now, &tm));
    }
    return bt_asprintf("ovs-bpftap%s.%s%s", stamp, suffix, compression);
}

/* Returns the number in 'name' if it is "STEM_NUMBER_TIME" and 'suffix', where
 * 'stem' has 'n' bytes, otherwise 0. */
static unsigned int
parse_name(const char *name, const char *stem, size_t n, const char *suffix)
{
    unsigned int number;
    int length = 0;

    if (strncmp(name, stem, n)
        || sscanf(name + n, "_%5u_%*14[0-9]%n", &number, &length) != 1
        || !length || strcmp(name + n + length, suffix)) {
        return 0;
    }
    return number;
}

struct old_file {
    unsigned int number;
    char *path;
};

static int
compare_old_files(const void *a_, const void *b_)
{
    const struct old_file *a = a_, *b = b_;

    return a->number < b->number ? -1 : a->number > b->number;
}

void
bt_files_adopt(struct bt_files *files)
{
    const char *path = files->config->path;
    const char *suffix = find_whole_suffix(path);
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    char *directory = (slash ? bt_asprintf("%.*s", (int) (base - path), path)
                       : bt_strdup("."));
    DIR *dir = opendir(directory);
    struct old_file *old = NULL;
    struct dirent *entry;
    size_t n = 0;

    while (dir && (entry = readdir(dir))) {
        unsigned int number = parse_name(entry->d_name, base, suffix - base,
                                         suffix);

        if (number) {
            old = bt_realloc(old, (n + 1) * sizeof *old);
            old[n].number = number;
            old[n++].path = bt_asprintf("%.*s%s", (int) (base - path), path,
                                        entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    if (n) {
        qsort(old, n, sizeof *old, compare_old_files);
        files->number = files->first_number = old[n - 1].number;
    }
    for (size_t i = 0; i < n; i++) {
        bt_strv_add(&files->names, old[i].path);
        free(old[i].path);
    }
    free(old);
    free(directory);
}
