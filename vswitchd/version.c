/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Whose daemon answers: "ovs-appctl version" names ovs-bsd after Open vSwitch,
 * whose line stays the first one, because scripts read it.
 *
 * The linker option --wrap sends the control server's call of
 * ovs_get_program_version() here.  Main thread only, hence no lock. */

#include <config.h>

#include "util.h"

const char *__real_ovs_get_program_version(void);
const char *__wrap_ovs_get_program_version(void);

const char *
__wrap_ovs_get_program_version(void)
{
    static char *version;

    if (!version) {
        const char *upstream = __real_ovs_get_program_version();
        size_t len = strlen(upstream);

        version = xasprintf("%s%swith ovs-bsd %s\n", upstream,
                            len && upstream[len - 1] == '\n' ? "" : "\n",
                            OVS_BSD_VERSION);
    }
    return version;
}
