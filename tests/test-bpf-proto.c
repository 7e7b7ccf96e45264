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

/* Clients that misbehave, are killed, or are too many: whatever they do, the
 * server goes on, and what they used comes back.  Run without an argument for
 * a list of tests; "attack" is not one of them, but does all this to a switch
 * that runs already.
 *
 * Clients that are processes of their own come from a process that was forked
 * before the switch started its threads. */

#include "test-bpfdev-switch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/bpf-pool.h"
#include "bpf/bpf-proto.h"
#include "bpf/bpf-server.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "util.h"

/* A small generator, the same on every system, for tests that can be
 * repeated. */
static uint64_t rng_state = 1;

static uint32_t
rng(void)
{
    rng_state = (rng_state * UINT64_C(6364136223846793005)
                 + UINT64_C(1442695040888963407));
    return rng_state >> 33;
}

static uint32_t
rng_range(uint32_t n)
{
    return rng() % n;
}

/* Messages
 * ======== */

/* One that can be sent. */
struct message {
    struct bpf_proto_header header;
    uint8_t body[BPF_PROTO_MAX_BODY + 1000];
};

static void
message_init(struct message *msg, unsigned int type, size_t body_size)
{
    memset(msg, 0, sizeof msg->header + MIN(body_size, 1000));
    msg->header = (struct bpf_proto_header) {
        .magic = BPF_PROTO_MAGIC,
        .version = BPF_PROTO_VERSION,
        .type = type,
        .length = sizeof msg->header + body_size,
        .sequence = 1,
    };
}

static bool
message_send(int fd, const struct message *msg, size_t size)
{
    return send(fd, msg, size, MSG_NOSIGNAL | MSG_EOR) == (ssize_t) size;
}

/* Receives an answer.  Returns the errno value in it, or -1 if the connection
 * was closed instead. */
static int
receive_answer(int fd)
{
    static struct message answer;
    struct pollfd pfd = { .fd = fd, .events = POLLIN };

    if (poll(&pfd, 1, WAIT_SECONDS * 1000) != 1) {
        fail(__FILE__, __LINE__, "expected an answer or the end of the "
             "connection, but there was neither in %d s", WAIT_SECONDS);
    }
    ssize_t n = recv(fd, &answer, sizeof answer, 0);
    return n >= (ssize_t) sizeof answer.header ? (int) answer.header.error
                                               : -1;
}

/* Says HELLO on 'fd' with 'flags'. */
static void
say_hello(int fd, uint32_t flags)
{
    static struct message msg;
    struct bpf_proto_hello hello = { .flags = flags };

    message_init(&msg, BPF_PROTO_HELLO, sizeof hello);
    memcpy(msg.body, &hello, sizeof hello);
    CHECK(message_send(fd, &msg, msg.header.length));
    CHECK_INT(receive_answer(fd), 0);
}

/* Kinds of requests, for making bodies of the right size. */
static const struct {
    unsigned int type;
    size_t size;
} types[] = {
#define BPF_PROTO_REQUEST(NAME, NUMBER, IN, OUT) \
    { NUMBER, BPF_PROTO_SIZE_##IN },
    BPF_PROTO_REQUESTS
#undef BPF_PROTO_REQUEST
};

/* Tests: malformed messages
 * ========================= */

/* Each breach of the protocol closes the connection, and that alone. */
static void
test_malformed(void)
{
    enum breach {
        NO_HELLO, SECOND_HELLO, SHORT_HEADER, ONE_BYTE, EMPTY, BAD_MAGIC,
        BAD_LENGTH, LENGTH_TOO_SMALL, BODY_TOO_SHORT, BODY_TOO_LONG,
        MESSAGE_TOO_LONG, REPLY_TYPE, BAD_VERSION_LATER, RESERVED, ERROR_SET,
        FILTER_COUNT, FILTER_COUNT_HUGE, N_BREACHES
    };
    static struct message msg;
    struct switch_resources before;

    switch_start();
    switch_add_port("p1");
    switch_get_resources(&before);
    struct bpfdev *other = open_attached("p1", BPFDEV_NONBLOCK);

    for (int breach = 0; breach < N_BREACHES; breach++) {
        int fd = connect_raw();
        size_t size;

        if (breach != NO_HELLO) {
            say_hello(fd, 0);
        }
        message_init(&msg, BPF_PROTO_SBLEN, 4);
        size = msg.header.length;
        switch ((enum breach) breach) {
        case NO_HELLO: break;
        case SECOND_HELLO:
            message_init(&msg, BPF_PROTO_HELLO, BPF_PROTO_SIZE_hello);
            size = msg.header.length;
            break;
        case SHORT_HEADER: size = sizeof msg.header - 1; break;
        case ONE_BYTE: size = 1; break;
        case EMPTY: size = 0; break;
        case BAD_MAGIC: msg.header.magic++; break;
        case BAD_LENGTH: msg.header.length++; break;
        case LENGTH_TOO_SMALL: msg.header.length--; break;
        case BODY_TOO_SHORT: size = msg.header.length -= 1; break;
        case BODY_TOO_LONG: size = msg.header.length += 1; break;
        case MESSAGE_TOO_LONG:
            message_init(&msg, BPF_PROTO_WRITE, BPF_PROTO_MAX_BODY + 500);
            size = msg.header.length;
            break;
        case REPLY_TYPE: msg.header.type |= BPF_PROTO_REPLY; break;
        case BAD_VERSION_LATER: msg.header.version++; break;
        case RESERVED: msg.header.reserved = 1; break;
        case ERROR_SET: msg.header.error = 1; break;
        case FILTER_COUNT:
        case FILTER_COUNT_HUGE: {
            struct bpf_proto_filter filter = {
                .n = breach == FILTER_COUNT ? 2 : UINT32_MAX / 8 + 2
            };

            message_init(&msg, BPF_PROTO_SETF, sizeof filter + 8);
            memcpy(msg.body, &filter, sizeof filter);
            size = msg.header.length;
            break;
        }
        case N_BREACHES: OVS_NOT_REACHED();
        }
        CHECK(message_send(fd, &msg, size));
        if (receive_answer(fd) != -1) {
            fail(__FILE__, __LINE__, "expected that breach %d of the protocol "
                 "closes the connection, but there was an answer", breach);
        }
        close(fd);
    }

    struct bpf_server_stats stats;
    bpf_server_get_stats(&stats);
    CHECK_INT(stats.n_misbehaved, N_BREACHES - 1); /* EMPTY looks like EOF. */
    switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
    const void *buffer;
    CHECK(bpfdev_next(other, &buffer) > 0);
    bpfdev_close(other);
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

/* What is well formed but means nothing gets an error and no more. */
static void
test_unknown(void)
{
    static struct message msg;

    switch_start();
    int fd = connect_raw();
    say_hello(fd, 0);
    for (unsigned int type = 60; type < 0x8000; type += 251) {
        message_init(&msg, type, type % 300);
        CHECK(message_send(fd, &msg, msg.header.length));
        CHECK_INT(receive_answer(fd), ENOTTY);
    }
    close(fd);

    /* Another version: its number comes back, with EPROTONOSUPPORT. */
    fd = connect_raw();
    message_init(&msg, BPF_PROTO_HELLO, 100);
    msg.header.version = 7;
    CHECK(message_send(fd, &msg, msg.header.length));
    CHECK_INT(receive_answer(fd), EPROTONOSUPPORT);
    CHECK_INT(receive_answer(fd), -1);
    close(fd);

    /* Unknown flags. */
    fd = connect_raw();
    message_init(&msg, BPF_PROTO_HELLO, BPF_PROTO_SIZE_hello);
    msg.body[1] = 1;
    CHECK(message_send(fd, &msg, msg.header.length));
    CHECK_INT(receive_answer(fd), EINVAL);
    CHECK_INT(receive_answer(fd), -1);
    close(fd);
    switch_stop();
}

/* Has an older system: setsockopt() does not know how to refuse descriptors. */
static bool old_system;

int __real_setsockopt(int fd, int level, int option, const void *value,
                      socklen_t size);
int __wrap_setsockopt(int fd, int level, int option, const void *value,
                      socklen_t size);

int
__wrap_setsockopt(int fd, int level, int option, const void *value,
                  socklen_t size)
{
    if (old_system && level == SOL_SOCKET && option == 83) {
        errno = ENOPROTOOPT;
        return -1;
    }
    return __real_setsockopt(fd, level, option, value, size);
}

/* Descriptors that a client passes are refused, or closed and not kept. */
static void
test_passed_descriptors(void)
{
    static struct message msg;
    struct switch_resources before;
    int fds[200];

    switch_start();
    switch_get_resources(&before);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        fds[i] = STDERR_FILENO;
    }
    for (size_t n = 1; n <= ARRAY_SIZE(fds); n += 33) {
        for (int greeted = 0; greeted < 2; greeted++) {
            uint64_t control[(CMSG_SPACE(sizeof fds) + 7) / 8];
            struct iovec iov = { &msg, 0 };
            struct msghdr mh = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
                .msg_controllen = CMSG_SPACE(n * sizeof fds[0]),
            };
            int fd = connect_raw();

            if (greeted) {
                say_hello(fd, 0);
                message_init(&msg, BPF_PROTO_GBLEN, 0);
            } else {
                message_init(&msg, BPF_PROTO_HELLO, BPF_PROTO_SIZE_hello);
            }
            iov.iov_len = msg.header.length;
            memset(control, 0, sizeof control);
            struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);
            cmsg->cmsg_level = SOL_SOCKET;
            cmsg->cmsg_type = SCM_RIGHTS;
            cmsg->cmsg_len = CMSG_LEN(n * sizeof fds[0]);
            memcpy(CMSG_DATA(cmsg), fds, n * sizeof fds[0]);
            if (sendmsg(fd, &mh, MSG_NOSIGNAL | MSG_EOR) < 0) {
                CHECK_INT(errno, EPERM);
                CHECK(!old_system);
            } else {
                CHECK_INT(receive_answer(fd), -1);
            }
            close(fd);
        }
    }
    switch_check_resources(&before);
    switch_stop();
}

static void
test_passed_descriptors_old(void)
{
    old_system = true;
    test_passed_descriptors();
}

/* A client whose descriptors take for ever to be closed: TCP sockets with data
 * that nobody reads, on which close() waits for a minute. */
static int
lingering_socket(void)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 60 };
    struct sockaddr_in addr = { .sin_family = AF_INET };
    socklen_t len = sizeof addr;
    static char data[4096];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_ERRNO(bind(listener, (struct sockaddr *) &addr, sizeof addr), 0);
    CHECK_ERRNO(listen(listener, 1), 0);
    CHECK_ERRNO(getsockname(listener, (struct sockaddr *) &addr, &len), 0);
    CHECK_ERRNO(connect(fd, (struct sockaddr *) &addr, len), 0);
    while (send(fd, data, sizeof data, MSG_DONTWAIT) > 0) {
        continue;
    }
    CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger),
                0);
    return fd;
}

/* Sends the 'n' messages at 'messages', with descriptor 'passed' attached to
 * the last one.  Returns false if the switch closed the connection before the
 * last one. */
static bool
pass_with_last(int fd, struct message messages[], size_t n, int passed)
{
    uint64_t control[(CMSG_SPACE(sizeof(int)) + 7) / 8];
    struct mmsghdr headers[2];
    struct iovec iovs[2];

    memset(headers, 0, sizeof headers);
    memset(control, 0, sizeof control);
    for (size_t i = 0; i < n; i++) {
        iovs[i].iov_base = &messages[i];
        iovs[i].iov_len = messages[i].header.length;
        headers[i].msg_hdr.msg_iov = &iovs[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    headers[n - 1].msg_hdr.msg_control = control;
    headers[n - 1].msg_hdr.msg_controllen = sizeof control;
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&headers[n - 1].msg_hdr);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(cmsg), &passed, sizeof passed);
    return sendmmsg(fd, headers, n, MSG_NOSIGNAL | MSG_EOR) == (int) n;
}

/* Passes a slow descriptor in a message that the server receives, or in one
 * that it has not received when it closes the connection: what comes after a
 * message of a wrong kind. */
static void
pass_slow_descriptor(bool received)
{
    static struct message messages[2];
    struct linger none = { .l_onoff = 0 };
    bool done = false;

    message_init(&messages[0], BPF_PROTO_HELLO, BPF_PROTO_SIZE_hello);
    messages[1] = messages[0];
    for (int i = 0; i < 1000 && !done; i++) {
        int passed = lingering_socket();
        int fd = connect_raw();

        if (!received) {
            say_hello(fd, 0);
        }
        done = pass_with_last(fd, messages, received ? 1 : 2, passed);
        if (!done) {
            /* Too late: it is ours alone. */
            setsockopt(passed, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        }
        close(passed);
        CHECK_INT(receive_answer(fd), -1);
        close(fd);
    }
    CHECK(done);
}

/* The switch must not notice. */
static void
test_slow_descriptors(void)
{
    old_system = true;
    switch_start();
    switch_add_port("p1");
    for (int received = 0; received < 2; received++) {
        pass_slow_descriptor(received);

        /* Others are served, RCU is not held up, and the server can end. */
        switch_check_serves("p1");
        ovsrcu_synchronize();
    }
    bpf_server_stop();
    for (int i = 0; i < 1000 && bpf_server_is_ending(); i++) {
        poll(NULL, 0, 10);
    }
    CHECK(!bpf_server_is_ending());
    CHECK(bpf_pool_drain(&bpf_close_pool, 10000));
}

/* Requests without end, and nobody who reads the answers. */
static void
test_flood(void)
{
    static struct message msg;
    struct switch_resources before;

    switch_start();
    switch_add_port("p1");
    switch_get_resources(&before);
    for (int i = 0; i < 10; i++) {
        int fd = connect_raw();

        say_hello(fd, 0);
        message_init(&msg, i % 2 ? BPF_PROTO_LIST_PORTS : BPF_PROTO_GBLEN,
                     i % 2 ? BPF_PROTO_SIZE_port_key : 0);
        for (int n = 0; message_send(fd, &msg, msg.header.length); n++) {
            if (n % 1000 == 0) {
                switch_check_serves("p1");
            }
        }
        close(fd);
    }
    switch_check_resources(&before);
    switch_stop();
}

/* Tests: fuzzing
 * ============== */

/* Fills in a body of random contents, of which some are meaningful. */
static void
fuzz_body(struct message *msg, size_t size)
{
    static const char *names[] = { "p1", "p2", "p3", "", "no such port" };

    for (size_t i = 0; i < size; i++) {
        msg->body[i] = rng_range(4) ? rng_range(3) : rng();
    }
    if (msg->header.type == BPF_PROTO_SETIF && rng_range(8)) {
        memset(msg->body, 0, size);
        strcpy((char *) msg->body, names[rng_range(ARRAY_SIZE(names))]);
    } else if (msg->header.type == BPF_PROTO_SETF && rng_range(8)) {
        uint32_t n = (size - BPF_PROTO_SIZE_filter) / 8;

        memcpy(msg->body + 4, &n, sizeof n);
    }
}

/* A message that is right in its form, or almost. */
static size_t
fuzz_message(struct message *msg)
{
    size_t i = rng_range(ARRAY_SIZE(types));
    size_t size = types[i].size;

    if (types[i].type == BPF_PROTO_WRITE) {
        size = rng_range(100);
    } else if (types[i].type == BPF_PROTO_SETF) {
        size += 8 * rng_range(20);
    }
    message_init(msg, types[i].type, size);
    fuzz_body(msg, size);

    size = msg->header.length;
    switch (rng_range(40)) {
    case 0: size = rng_range(size + 1); break;
    case 1: size += rng_range(100); break;
    case 2: ((uint8_t *) msg)[rng_range(sizeof msg->header)] = rng(); break;
    case 3: msg->header.type = rng(); break;
    case 4: msg->header.length = rng(); break;
    }
    return size;
}

/* Takes what the server sends, closing what comes along. */
static bool
fuzz_drain(int fd)
{
    static struct message answer;
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec iov = { &answer, sizeof answer };
    struct msghdr mh = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control,
    };
    ssize_t n;

    while ((n = recvmsg(fd, &mh, MSG_DONTWAIT)) > 0) {
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);

        if (cmsg && cmsg->cmsg_type == SCM_RIGHTS) {
            int passed;

            memcpy(&passed, CMSG_DATA(cmsg), sizeof passed);

            /* Tamper with it: it concerns nobody but us. */
            if (!rng_range(4)) {
                shutdown(passed, SHUT_RDWR);
            } else if (!rng_range(4)) {
                fcntl(passed, F_SETFL, O_NONBLOCK);
                while (send(passed, &answer, 4096,
                            MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
                    continue;
                }
            }
            close(passed);
        }
        mh.msg_controllen = sizeof control;
    }
    return n < 0 && errno == EAGAIN;
}

/* Talks nonsense on a new connection.  Calls 'between', if that is not NULL,
 * between messages. */
static void
fuzz_connection(void (*between)(void))
{
    static struct message msg;
    int fd = connect_raw();

    if (rng_range(20)) {
        say_hello(fd, rng_range(4));
    }
    for (int i = rng_range(50); i > 0; i--) {
        size_t size = fuzz_message(&msg);

        if (!message_send(fd, &msg, size) || !fuzz_drain(fd)) {
            break;
        }
        if (between) {
            between();
        }
    }
    close(fd);
}

static void
feed_something(void)
{
    switch_feed(rng_range(2) ? "p1" : "p2",
                rng_range(2) ? BPF_DEV_IN : BPF_DEV_OUT,
                60 + rng_range(1000), 1, 1);
}

static void
test_fuzz(void)
{
    const char *seed = getenv("FUZZ_SEED");
    const char *count = getenv("FUZZ_COUNT");
    int n_conns = count ? atoi(count) : 10000;
    struct switch_resources before;

    rng_state = seed ? strtoull(seed, NULL, 0) : 1;
    switch_config.memory_max = 8 << 20;
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    switch_start();
    for (int i = 1; i <= 3; i++) {
        char name[16];

        snprintf(name, sizeof name, "p%d", i);
        switch_add_port(name);
    }
    switch_get_resources(&before);
    for (int i = 0; i < n_conns; i++) {
        fuzz_connection(feed_something);
        if (i % 200 == 0) {
            switch_check_serves("p3");
        }
        if (i % 50 == 0) {
            switch_remove_port("p2");
            switch_add_port("p2");
        }
    }
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

/* Clients that connect and say nothing are closed after a while, those that
 * said HELLO are not. */
static void
test_strangers(void)
{
    struct switch_resources before;
    int fds[10];

    switch_start();
    switch_get_resources(&before);
    struct bpfdev *dev = open_device(0);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        fds[i] = connect_raw();
    }
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        CHECK_INT(receive_answer(fds[i]), -1);
        close(fds[i]);
    }
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCFLUSH), 0);
    bpfdev_close(dev);
    switch_check_resources(&before);
    switch_stop();
}

/* Tests: many processes
 * ===================== */

/* Processes that are clients. */
struct spawner {
    pid_t pid;
    int go[2];                  /* A byte for the start. */
};

/* Forks a process that calls 'function' once the switch runs. */
static void
spawner_init(struct spawner *spawner, void (*function)(void))
{
    char byte;

    CHECK_ERRNO(pipe(spawner->go), 0);
    spawner->pid = fork();
    CHECK(spawner->pid >= 0);
    if (!spawner->pid) {
        CHECK_INT(read(spawner->go[0], &byte, 1), 1);
        function();
        _exit(0);
    }
}

static void
spawner_start(struct spawner *spawner)
{
    CHECK_INT(write(spawner->go[1], "", 1), 1);
}

/* True if the process has ended, and well. */
static bool
spawner_is_done(struct spawner *spawner)
{
    int status;
    pid_t pid = waitpid(spawner->pid, &status, WNOHANG);

    CHECK(pid >= 0);
    if (pid) {
        CHECK_INT(status, 0);
    }
    return pid != 0;
}

/* What a client may do, one step at random. */
static void
random_step(struct bpfdev **devp)
{
    struct bpfdev_port *ports;
    const void *buffer;
    uint8_t frame[60] = { 0 };
    u_int value = rng_range(1 << 17);
    size_t n;

    if (!*devp) {
        *devp = bpfdev_open(SWITCH_SOCKET, BPFDEV_NONBLOCK, NULL);
        return;
    }
    switch (rng_range(10)) {
    case 0: bpfdev_ioctl(*devp, BIOCSBLEN, &value); break;
    case 1: bpfdev_attach(*devp, rng_range(2) ? "p1" : "p2"); break;
    case 2: bpfdev_set_filter_expr(*devp, "ip or arp", 65535, true); break;
    case 3: bpfdev_ioctl(*devp, BIOCIMMEDIATE, &value); break;
    case 4: bpfdev_write(*devp, frame, sizeof frame); break;
    case 5:
        if (!bpfdev_list_ports(*devp, &ports, &n)) {
            free(ports);
        }
        break;
    case 6: bpfdev_close(*devp); *devp = NULL; break;
    default: bpfdev_next(*devp, &buffer); break;
    }
}

/* Starts clients, one after the other, and kills each after a random number of
 * its steps: most are then in the middle of one. */
static void
kill_1000_clients(void)
{
    for (int i = 0; i < 1000; i++) {
        int steps[2];
        char byte;

        CHECK_ERRNO(pipe(steps), 0);
        pid_t pid = fork();
        if (!pid) {
            struct bpfdev *dev = NULL;

            rng_state = i;
            for (;;) {
                random_step(&dev);
                CHECK_INT(write(steps[1], "", 1), 1);
            }
        }
        for (uint32_t n = rng_range(20); n > 0; n--) {
            CHECK_INT(read(steps[0], &byte, 1), 1);
        }
        kill(pid, SIGKILL);
        CHECK_INT(waitpid(pid, NULL, 0), pid);
        close(steps[0]);
        close(steps[1]);
    }
}

/* Feeds packets and lets a port come and go until 'spawners' are done. */
static void
run_switch_until_done(struct spawner spawners[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t round = 0;

        while (!spawner_is_done(&spawners[i])) {
            switch_feed("p1", BPF_DEV_IN, 100, 10, round);
            switch_feed("p2", BPF_DEV_OUT, 100, 10, round);
            if (++round % 64 == 0) {
                switch_remove_port("p2");
                switch_add_port("p2");
            }
        }
        close(spawners[i].go[0]);
        close(spawners[i].go[1]);
    }
}

/* Runs 'n' processes, each of which does 'function', against a switch; then
 * everything has to be as before. */
static void
run_clients(void (*function)(void), size_t n)
{
    struct switch_resources before;
    struct spawner spawners[16];

    for (size_t i = 0; i < n; i++) {
        spawner_init(&spawners[i], function);
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    switch_start();
    switch_add_port("p1");
    switch_add_port("p2");
    switch_get_resources(&before);
    before.n_fds -= 2 * n;
    for (size_t i = 0; i < n; i++) {
        spawner_start(&spawners[i]);
    }
    run_switch_until_done(spawners, n);
    before.n_fds += 2 * n;
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

static void
test_kill_1000(void)
{
    run_clients(kill_1000_clients, 1);
}

static void
open_and_close_500(void)
{
    rng_state = getpid();
    for (int i = 0; i < 500; i++) {
        struct bpfdev *dev = bpfdev_open(SWITCH_SOCKET, BPFDEV_NONBLOCK, NULL);

        CHECK(dev != NULL);
        bpfdev_attach(dev, rng_range(2) ? "p1" : "p2");
        for (int j = rng_range(4); j > 0; j--) {
            random_step(&dev);
        }
        bpfdev_close(dev);
    }
}

/* Processes that open and close as fast as they can. */
static void
test_storm(void)
{
    run_clients(open_and_close_500, 8);
}

/* Tests: exhaustion
 * ================= */

/* Opens devices and attaches them until something runs out; then others work
 * again as soon as one is closed. */
static void
test_exhaust_devices(void)
{
    enum { MAX = 1200 };
    static struct bpfdev *devs[MAX];
    struct rlimit limit = { 8192, 8192 };
    struct switch_resources before;
    size_t n = 0;

    /* Client and switch share the descriptors of this process. */
    if (setrlimit(RLIMIT_NOFILE, &limit)) {
        exit(77);
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    switch_config.devices_max = 1000;
    switch_config.port_devices = 1000;
    switch_config.memory_max = 996 * 2 * 4096;
    switch_start();
    switch_add_port("p1");
    switch_get_resources(&before);
    while (n < MAX) {
        u_int blen = 4096;

        devs[n] = bpfdev_open(SWITCH_SOCKET, BPFDEV_NONBLOCK, NULL);
        if (!devs[n]) {
            CHECK_INT(errno, ENOBUFS);
            break;
        }
        CHECK_ERRNO(bpfdev_ioctl(devs[n], BIOCSBLEN, &blen), 0);
        CHECK_ERRNO(bpfdev_attach(devs[n], "p1"), n < 996 ? 0 : ENOMEM);
        n++;
    }
    CHECK_INT(n, 1000);

    /* All of them get packets. */
    switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
    for (size_t i = 0; i < 996; i++) {
        const void *buffer;

        CHECK(bpfdev_next(devs[i], &buffer) > 0);
    }
    bpfdev_close(devs[0]);
    bpfdev_close(devs[996]);
    struct bpfdev *dev = open_device(0);
    u_int blen = 4096;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSBLEN, &blen), 0);

    /* The memory of one that was closed comes back soon, but not at once. */
    while (bpfdev_attach(dev, "p1")) {
        CHECK_INT(errno, ENOMEM);
        bpf_pool_drain(&bpf_memory_pool, 10000);
    }
    bpfdev_close(dev);
    for (size_t i = 1; i < n; i++) {
        if (i != 996) {
            bpfdev_close(devs[i]);
        }
    }
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

/* A client that opens devices until it is turned away, keeps them until it is
 * told to go. */
static void
open_until_refused(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    int n = 0;

    while (bpfdev_open(SWITCH_SOCKET, 0, errbuf)) {
        n++;
    }
    CHECK_INT(errno, ENOBUFS);
    CHECK(strstr(errbuf, " descriptors are in use "
                 "(other_config:bpf-descriptors-max), most of them, "));
    CHECK(n > 10 && n < 200);

    /* One may succeed now and then, because the switch opens and closes a file
     * meanwhile. */
    for (int i = 0; i < 1000; i++) {
        bpfdev_close(bpfdev_open(SWITCH_SOCKET, 0, errbuf));
    }
}

/* Clients cannot use up the descriptors of the switch: some are left for its
 * own purposes. */
static void
test_exhaust_descriptors(void)
{
    struct rlimit limit;
    struct switch_resources before;
    struct spawner spawner;

    spawner_init(&spawner, open_until_refused);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    switch_start();
    switch_add_port("p1");
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 256;
    CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), 0);
    switch_get_resources(&before);
    spawner_start(&spawner);
    while (!spawner_is_done(&spawner)) {
        int fd = open("/dev/null", O_RDONLY);

        CHECK(fd >= 0);
        close(fd);
        switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
    }
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

/* A client for whom there is no descriptor at all. */
static void
is_turned_away(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    for (int i = 0; i < 20; i++) {
        CHECK(!bpfdev_open(SWITCH_SOCKET, 0, errbuf));
        CHECK_INT(errno, ENFILE);
        CHECK_STR(errbuf, SWITCH_SOCKET ": the switch is out of descriptors");
    }
}

/* The switch itself has used up all descriptors: clients are turned away with
 * an answer, and are welcome again later. */
static void
test_no_descriptors(void)
{
    struct rlimit limit, old;
    struct switch_resources before;
    struct spawner spawner;
    int fds[4096];
    size_t n = 0;

    spawner_init(&spawner, is_turned_away);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    switch_start();
    switch_add_port("p1");
    switch_get_resources(&before);
    switch_check_serves("p1");
    switch_check_resources(&before);
    getrlimit(RLIMIT_NOFILE, &old);
    limit = old;
    limit.rlim_cur = MIN(limit.rlim_cur, ARRAY_SIZE(fds) - 1);
    CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while ((fds[n] = open("/dev/null", O_RDONLY)) >= 0) {
        n++;
    }
    CHECK_INT(errno, EMFILE);
    spawner_start(&spawner);
    while (!spawner_is_done(&spawner)) {
        switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
    }
    while (n > 0) {
        close(fds[--n]);
    }
    CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &old), 0);
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

/* Tests: threads
 * ============== */

static atomic_bool feeding;

static void *
feeder_main(void *port_)
{
    const char *port = port_;
    uint8_t data[500] = { 0 };
    bool go;

    do {
        switch_feed_data(port, BPF_DEV_IN, data, sizeof data, sizeof data);
        atomic_read_relaxed(&feeding, &go);
    } while (go);
    return NULL;
}

/* A thread that changes its device's filter and buffers all the time. */
static void *
changer_main(void *aux OVS_UNUSED)
{
    for (int i = 0; i < 300; i++) {
        struct bpfdev *dev = bpfdev_open(SWITCH_SOCKET, 0, NULL);
        struct timeval tv = { 0, 1000 };

        CHECK(dev != NULL);
        bpfdev_ioctl(dev, BIOCSRTIMEOUT, &tv);
        bpfdev_ioctl(dev, BIOCSWTIMEOUT, &tv);
        if (!bpfdev_attach(dev, i % 2 ? "p1" : "p2")) {
            for (int j = 0; j < 5; j++) {
                const void *buffer;

                bpfdev_set_filter_expr(dev, j % 2 ? "len > 100" : "len < 10",
                                       100, true);
                bpfdev_next(dev, &buffer);
                bpfdev_release(dev);
            }
        }
        bpfdev_close(dev);
    }
    return NULL;
}

/* Several threads that move packets, several clients, ports that come and go:
 * for the sake of the thread sanitizer. */
static void
test_threads(void)
{
    struct switch_resources before;
    pthread_t feeders[2], changers[3];

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    switch_start();
    switch_add_port("p1");
    switch_add_port("p2");
    switch_get_resources(&before);
    atomic_init(&feeding, true);
    feeders[0] = ovs_thread_create("feeder", feeder_main, "p1");
    feeders[1] = ovs_thread_create("feeder", feeder_main, "p2");
    for (size_t i = 0; i < ARRAY_SIZE(changers); i++) {
        pthread_create(&changers[i], NULL, changer_main, NULL);
    }
    for (int i = 0; i < 100; i++) {
        struct bpfdev *dev = open_attached("p1", 0);

        switch_remove_port("p2");
        switch_add_port("p2");
        bpfdev_close(dev);
    }
    ovsrcu_quiesce_start();
    for (size_t i = 0; i < ARRAY_SIZE(changers); i++) {
        pthread_join(changers[i], NULL);
    }
    atomic_store_relaxed(&feeding, false);
    xpthread_join(feeders[0], NULL);
    xpthread_join(feeders[1], NULL);
    ovsrcu_quiesce_end();
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

/* A client that attaches and then does nothing at all. */
static void
test_lazy_client(void)
{
    struct bpfdev_stats stats;

    switch_start();
    switch_add_port("p1");
    struct bpfdev *lazy = open_attached("p1", 0);
    const void *buffer;
    u_int on = 1;
    CHECK_ERRNO(bpfdev_ioctl(lazy, BIOCIMMEDIATE, &on), 0);
    switch_feed("p1", BPF_DEV_IN, 1000, 1, 0);
    CHECK(bpfdev_next(lazy, &buffer) > 0);

    /* It keeps that buffer, and reads no other. */
    switch_feed("p1", BPF_DEV_IN, 1000, 10000, 1);
    switch_check_serves("p1");
    CHECK_ERRNO(bpfdev_stats(lazy, &stats), 0);
    CHECK_INT(stats.received, 10002);
    CHECK(stats.dropped > 9900);
    bpfdev_close(lazy);
    switch_stop();
}

#ifdef MADV_REMOVE
/* Attaches a new connection to port 'name'.  Returns it, and in '*memory' the
 * descriptor of its buffers. */
static int
attach_raw(const char *name, int *memory)
{
    static struct message msg;
    char control[CMSG_SPACE(sizeof *memory)];
    struct iovec iov = { &msg, sizeof msg };
    struct msghdr mh = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control,
    };
    int fd = connect_raw();

    say_hello(fd, 0);
    message_init(&msg, BPF_PROTO_SETIF, BPF_PROTO_SIZE_name);
    strcpy((char *) msg.body, name);
    CHECK(message_send(fd, &msg, msg.header.length));
    CHECK(recvmsg(fd, &mh, 0) > 0 && !msg.header.error);

    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);
    CHECK(cmsg && cmsg->cmsg_type == SCM_RIGHTS);
    memcpy(memory, CMSG_DATA(cmsg), sizeof *memory);
    return fd;
}

/* A client that closes its devices and keeps their memory: all the pages that
 * the switch counts as free again are free. */
static void
test_hoard(void)
{
    enum { N = 50, SIZE = 2 * BPF_DEV_DEFAULT_BLEN };
    struct switch_resources before, hoarded;
    struct stat s;
    int memory[N];
    void *view[N];

    switch_start();
    switch_add_port("p1");
    switch_get_resources(&before);
    for (int i = 0; i < N; i++) {
        int fd = attach_raw("p1", &memory[i]);

        view[i] = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, memory[i], 0);
        CHECK(view[i] != MAP_FAILED);
        CHECK(!fstat(memory[i], &s));
        CHECK_INT(s.st_blocks, SIZE / 512);
        close(fd);
    }

    /* The client is this process, too. */
    hoarded = before;
    hoarded.n_fds += N;
    hoarded.shared += N * SIZE;
    switch_check_resources(&hoarded);
    for (int i = 0; i < N; i++) {
        CHECK(!fstat(memory[i], &s));
        CHECK_INT(s.st_blocks, 0);
        munmap(view[i], SIZE);
        close(memory[i]);
    }
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}
#else
static void
test_hoard(void)
{
    exit(77);
}
#endif

static const struct test tests[] = {
    { "malformed", test_malformed },
    { "unknown", test_unknown },
    { "passed-descriptors", test_passed_descriptors },
    { "passed-descriptors-old", test_passed_descriptors_old },
    { "slow-descriptors", test_slow_descriptors },
    { "flood", test_flood },
    { "fuzz", test_fuzz },
    { "strangers", test_strangers },
    { "kill-1000", test_kill_1000 },
    { "storm", test_storm },
    { "exhaust-devices", test_exhaust_devices },
    { "exhaust-descriptors", test_exhaust_descriptors },
    { "no-descriptors", test_no_descriptors },
    { "threads", test_threads },
    { "lazy-client", test_lazy_client },
    { "hoard", test_hoard },
};

/* All that against a switch that is another process, whose socket is in the
 * current directory and which has the ports p1 and p2. */
static void
attack(void)
{
    for (int i = 0; i < 2000; i++) {
        fuzz_connection(NULL);
    }
    kill_1000_clients();
    open_and_close_500();
}

int
main(int argc, char *argv[])
{
    if (argc == 2 && !strcmp(argv[1], "attack")) {
        attack();
        return 0;
    }
    return run_tests(argc, argv, tests, sizeof tests / sizeof tests[0]);
}
