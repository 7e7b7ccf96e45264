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

/* Turns settings in the database into a configuration.
 *
 * One table says which settings there are, which function understands the
 * value, and where in struct bpf_config it goes.  No state, hence no locks;
 * any thread. */

#include <config.h>

#include "tap/tap-config.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-config.h"
#include "bpf/bpf-device.h"
#include "bpf/bpf-filter.h"
#include "printable.h"
#include "smap.h"
#include "svec.h"
#include "util.h"

struct setting {
    const char *key;

    /* Stores the meaning of 'value' at 'dst'.  Returns NULL, or what would
     * have been right if 'value' is not. */
    const char *(*parse)(const struct setting *, const char *value,
                         const char *rundir, void *dst);

    size_t offset;              /* Of the member in struct bpf_config. */
    unsigned long long int min, max;    /* For numbers. */
    const char *expected;       /* For numbers: "a number from ... to ...". */
};

static const char *
parse_bool(const struct setting *s OVS_UNUSED, const char *value,
           const char *rundir OVS_UNUSED, void *dst)
{
    bool yes = !strcmp(value, "true");

    if (!yes && strcmp(value, "false")) {
        return "\"true\" or \"false\"";
    }
    *(bool *) dst = yes;
    return NULL;
}

static const char *
parse_path(const struct setting *s OVS_UNUSED, const char *value,
           const char *rundir, void *dst)
{
    char *path = value[0] ? abs_file_name(rundir, value) : xstrdup("");
    bool fits = strlen(path) < BPF_SOCKET_PATH_MAX;

    if (fits) {
        ovs_strlcpy(dst, path, BPF_SOCKET_PATH_MAX);
    }
    free(path);
    return fits ? NULL : "a path that is short enough for a socket";
}

/* As parse_path(), for a socket that cannot be done without. */
static const char *
parse_main_path(const struct setting *s, const char *value, const char *rundir,
                void *dst)
{
    return (value[0]
            ? parse_path(s, value, rundir, dst)
            : "a path (to turn capturing off, set bpf-enable=false)");
}

static const char *
parse_mode(const struct setting *s OVS_UNUSED, const char *value,
           const char *rundir OVS_UNUSED, void *dst)
{
    unsigned int mode;
    char *end;

    mode = strtoul(value, &end, 8);
    if (!value[0] || strspn(value, "01234567") != strlen(value)
        || strlen(value) > 5 || mode > 0777) {
        return "permissions in octal, for example 0660";
    }
    *(mode_t *) dst = mode;
    return NULL;
}

/* Looks up the group called 'name'. */
static bool
find_group(const char *name, gid_t *gid)
{
    struct group group, *result;
    size_t size = 16384;
    char *buf = xmalloc(size);
    bool found;

    while (getgrnam_r(name, &group, buf, size, &result) == ERANGE
           && size < 1 << 20) {
        size *= 2;
        free(buf);
        buf = xmalloc(size);
    }
    found = result != NULL;
    if (found) {
        *gid = group.gr_gid;
    }
    free(buf);
    return found;
}

static const char *
parse_group(const struct setting *s OVS_UNUSED, const char *value,
            const char *rundir OVS_UNUSED, void *dst)
{
    unsigned int gid;

    if (str_to_uint(value, 10, &gid)) {
        *(gid_t *) dst = gid;
        return NULL;
    }
    return find_group(value, dst) ? NULL : "the name or number of a group";
}

/* Parses a number of bytes with an optional suffix K, M or G (powers of 1024,
 * also in lower case) and stores it in '*n'. */
static bool
parse_number(const char *value, unsigned long long int *n)
{
    static const char suffixes[] = "kmg";
    size_t digits = strspn(value, "0123456789");
    const char *suffix = &value[digits];
    unsigned int shift = 0;

    if (!digits || digits > 15 || (suffix[0] && suffix[1])) {
        return false;
    }
    if (suffix[0]) {
        const char *p = strchr(suffixes, suffix[0] | 0x20);

        if (!p) {
            return false;
        }
        shift = 10 * (p - suffixes + 1);
    }
    *n = strtoull(value, NULL, 10);
    if (*n > ULLONG_MAX >> shift) {
        return false;
    }
    *n <<= shift;
    return true;
}

static bool
parse_number_in_range(const struct setting *s, const char *value,
                      unsigned long long int *n)
{
    return parse_number(value, n) && *n >= s->min && *n <= s->max;
}

static const char *
parse_uint(const struct setting *s, const char *value,
           const char *rundir OVS_UNUSED, void *dst)
{
    unsigned long long int n;

    if (!parse_number_in_range(s, value, &n)) {
        return s->expected;
    }
    *(unsigned int *) dst = n;
    return NULL;
}

static const char *
parse_size(const struct setting *s, const char *value,
           const char *rundir OVS_UNUSED, void *dst)
{
    unsigned long long int n;

    if (!parse_number_in_range(s, value, &n)) {
        return s->expected;
    }
    *(size_t *) dst = n;
    return NULL;
}

#define MEMBER(M) offsetof(struct bpf_config, M)
static const struct setting settings[] = {
    { "bpf-enable", parse_bool, MEMBER(enable), 0, 0, NULL },
    { "bpf-socket", parse_main_path, MEMBER(socket.path), 0, 0, NULL },
    { "bpf-socket-mode", parse_mode, MEMBER(socket.mode), 0, 0, NULL },
    { "bpf-socket-group", parse_group, MEMBER(socket.group), 0, 0, NULL },
    { "bpf-readonly-socket", parse_path, MEMBER(ro_socket.path), 0, 0, NULL },
    { "bpf-readonly-socket-mode", parse_mode, MEMBER(ro_socket.mode),
      0, 0, NULL },
    { "bpf-readonly-socket-group", parse_group, MEMBER(ro_socket.group),
      0, 0, NULL },
    { "bpf-devices-max", parse_uint, MEMBER(devices_max),
      1, 65536, "a number from 1 to 65536" },
    { "bpf-buffer-default", parse_size, MEMBER(buffer_default),
      BPF_DEV_MIN_BLEN, 1 << 30, "a size from 32 to 1G" },
    { "bpf-buffer-max", parse_size, MEMBER(buffer_max),
      BPF_DEV_MIN_BLEN, 1 << 30, "a size from 32 to 1G" },
    { "bpf-buffers-max", parse_uint, MEMBER(n_buffers_max),
      BPF_DEV_MIN_BUFFERS, BPF_DEV_MAX_BUFFERS, "a number from 2 to 32" },
    { "bpf-memory-max", parse_size, MEMBER(memory_max),
      0, 1ULL << 40, "a size up to 1024G" },
    { "bpf-insn-max", parse_uint, MEMBER(insn_max),
      1, BPF_PROG_MAX_INSNS, "a number from 1 to 4096" },
    { "bpf-port-devices-max", parse_uint, MEMBER(port_devices),
      1, 65536, "a number from 1 to 65536" },
    { "bpf-port-cost-max", parse_uint, MEMBER(port_cost),
      0, 1 << 24, "a number up to 16777216" },
    { "bpf-user-port-cost-max", parse_uint, MEMBER(user_port_cost),
      0, 1 << 24, "a number up to 16777216" },
    { "bpf-time-max", parse_uint, MEMBER(time_max),
      0, 100, "a number up to 100" },
    { "bpf-connections-max", parse_uint, MEMBER(connections_max),
      1, 65536, "a number from 1 to 65536" },
    { "bpf-monitors-max", parse_uint, MEMBER(monitors_max),
      0, 65536, "a number up to 65536" },
    { "bpf-descriptors-max", parse_uint, MEMBER(descriptors_max),
      16, 1 << 20, "a number from 16 to 1048576" },
    { "bpf-requests-max", parse_uint, MEMBER(requests_max),
      1, 1 << 24, "a number from 1 to 16777216" },
    { "bpf-user-connections-max", parse_uint, MEMBER(user_connections),
      0, 65536, "a number up to 65536" },
    { "bpf-user-monitors-max", parse_uint, MEMBER(user_monitors),
      0, 65536, "a number up to 65536" },
    { "bpf-user-devices-max", parse_uint, MEMBER(user_devices),
      0, 65536, "a number up to 65536" },
    { "bpf-user-memory-max", parse_size, MEMBER(user_memory),
      0, 1ULL << 40, "a size up to 1024G" },
    { "bpf-user-requests-max", parse_uint, MEMBER(user_requests),
      1, 1 << 20, "a number from 1 to 1048576" },
};
BUILD_ASSERT_DECL(sizeof(struct bpf_record) == 32);
BUILD_ASSERT_DECL(BPF_DEV_MIN_BUFFERS == 2 && BPF_DEV_MAX_BUFFERS == 32);
BUILD_ASSERT_DECL(BPF_PROG_MAX_INSNS == 4096);

/* Adds the problem 'text', which may hold what somebody wrote into the
 * database, and frees it. */
static void
add_problem(struct svec *problems, char *text)
{
    char *printable = printable_dup(text);

    svec_add_nocopy(problems, printable ? printable : xstrdup(""));
    free(text);
}

static void
apply_setting(const struct setting *s, const char *value, const char *rundir,
              struct bpf_config *config, struct svec *problems)
{
    const char *expected = s->parse(s, value, rundir,
                                    (char *) config + s->offset);

    if (expected) {
        add_problem(problems,
                    xasprintf("other_config:%s is \"%s\", which is not"
                              " %s; ignored", s->key, value, expected));
    }
}

static const struct setting *
find_setting(const char *key)
{
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        if (!strcmp(settings[i].key, key)) {
            return &settings[i];
        }
    }
    return NULL;
}

/* Finds settings that are wrong only together. */
static void
check_config(struct bpf_config *config, struct svec *problems)
{
    if (config->buffer_default > config->buffer_max) {
        svec_add_nocopy(problems,
                        xasprintf("other_config:bpf-buffer-default (%"PRIuSIZE
                                  ") is more than bpf-buffer-max (%"PRIuSIZE
                                  "), which is used instead",
                                  config->buffer_default, config->buffer_max));
        config->buffer_default = config->buffer_max;
    }
    if (!strcmp(config->socket.path, config->ro_socket.path)) {
        svec_add(problems, "other_config:bpf-readonly-socket is the same as"
                 " bpf-socket; ignored");
        config->ro_socket.path[0] = '\0';
    }
}

void
tap_config_parse(const struct smap *other_config, const char *rundir,
                 struct bpf_config *config, struct svec *problems)
{
    const struct smap_node *node;

    bpf_config_init(config, rundir);
    SMAP_FOR_EACH (node, other_config) {
        const struct setting *s = find_setting(node->key);

        if (s) {
            apply_setting(s, node->value, rundir, config, problems);
        } else if (!strncmp(node->key, "bpf-", 4)) {
            add_problem(problems,
                        xasprintf("other_config:%s is not a setting that"
                                  " this switch has; ignored", node->key));
        }
    }
    check_config(config, problems);
}
