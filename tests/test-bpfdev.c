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


#include <config.h>

/* libbpfdev against the server, in one process: what facts a client may rely
 * on.  Run without an argument for a list of tests. */

#include "test-bpfdev-switch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
test_first_packet(void)
{
    switch_start();
    switch_add_port("p1");

    struct switch_resources before;
    switch_get_resources(&before);
    switch_check_serves("p1");
    switch_check_resources(&before);
    switch_stop();
}

static const struct test tests[] = {
    { "first-packet", test_first_packet },
};

int
main(int argc, char *argv[])
{
    return run_tests(argc, argv, tests, sizeof tests / sizeof tests[0]);
}
