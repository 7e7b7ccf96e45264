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

#ifndef TAP_CONFIG_H
#define TAP_CONFIG_H 1

/* The settings "other_config:bpf-..." of the Open_vSwitch table, as
 * ovs-bpf.conf(5) documents them. */

struct bpf_config;
struct smap;
struct svec;

/* Stores in 'config' what 'other_config' says, and the default for each
 * setting that is not there or cannot be used.  Appends a line to 'problems'
 * for each one that cannot be used.  Relative paths start in 'rundir'.
 *
 * May ask the system's database of groups.  Any thread. */
void tap_config_parse(const struct smap *other_config, const char *rundir,
                      struct bpf_config *config, struct svec *problems);

#endif /* tap-config.h */
