#include "codec/launch.h"

#include "base/limits.h"
#include "base/num.h"
#include "codec/cbor.h"
#include "tests/check.h"

static struct launch full, back;
static uint8_t room[LAUNCH_SIZE_MAX + 64];

static void full_make(void)
{
    launch_init(&full);
    full.module_fd = 4;
    full.name = BYTES_TEXT("app.wasm");
    full.args_count = 2;
    full.args[0] = BYTES_TEXT("app");
    full.args[1] = BYTES_TEXT("\xff not UTF-8");
    full.environment_count = 1;
    full.environment[0] = BYTES_TEXT("HOME=/");
    full.directories_count = 1;
    full.directories[0] = (struct launch_directory){ BYTES_TEXT("/data"), 5, true };
    full.sockets_count = 1;
    full.sockets[0] = (struct launch_socket){ 6, LAUNCH_STREAM, BYTES_TEXT("db") };
    full.trees_count = 1;
    full.trees[0] = (struct launch_tree){ BYTES_TEXT("/tmp"), 1 << 20 };
    full.tty[1] = true;
    full.has_fuel = true;
    full.fuel = UINT64_MAX;
    full.has_time = true;
    full.time_ms = 500;
    full.has_invoke = true;
    full.invoke = BYTES_TEXT("fib");
    full.deterministic = true;
    full.has_seed = true;
    full.seed[31] = 9;
    full.engine_config = 0x8000000000000001;
    full.has_report = true;
    full.report_fd = 7;
    full.images_count = 2;
    full.images[0] = (struct launch_image){
        .guest = BYTES_TEXT("/in"), .fd = 8, .digest = { 1 }, .size_max = 5, .read_only = true
    };
    full.images[1] = (struct launch_image){ .guest = BYTES_TEXT("/out"),
                                            .fd = 9,
                                            .size_max = LIMIT_ARCHIVE_CONTENTS,
                                            .has_output = true,
                                            .output_fd = 10 };
    full.volumes_count = 1;
    full.volumes[0] = (struct launch_volume){
        .guest = BYTES_TEXT("/db"), .fd = 11, .key = { 7 }, .size_max = 6, .read_only = true
    };
}

static struct bytes encode(const struct launch *l)
{
    struct writer w = writer_of(room, sizeof room);

    launch_write(&w, l);
    CHECK(writer_ok(&w));
    return writer_bytes(&w);
}

static void check_round_trip(void)
{
    CASE("every field there and back");
    full_make();
    CHECK_OK(launch_parse(&back, encode(&full)));
    CHECK_EQ(back.module_fd, 4);
    CHECK_BYTES(back.args[1], full.args[1]);
    CHECK_BYTES(back.environment[0], BYTES_TEXT("HOME=/"));
    CHECK_BYTES(back.directories[0].guest, BYTES_TEXT("/data"));
    CHECK(back.directories[0].read_only);
    CHECK_EQ(back.sockets[0].kind, LAUNCH_STREAM);
    CHECK_EQ(back.trees[0].size_max, 1 << 20);
    CHECK(back.tty[1] && !back.tty[0] && !back.tty[2]);
    CHECK_EQ(back.fuel, UINT64_MAX);
    CHECK_EQ(back.time_ms, 500);
    CHECK_BYTES(back.invoke, BYTES_TEXT("fib"));
    CHECK(back.deterministic && back.has_seed && back.seed[31] == 9);
    CHECK_EQ(back.engine_config, 0x8000000000000001);
    CHECK_EQ(back.report_fd, 7);
    CHECK_EQ(back.memory_bytes, LAUNCH_MEMORY_DEFAULT);
    CHECK_EQ(back.images_count, 2);
    CHECK_BYTES(back.images[0].guest, BYTES_TEXT("/in"));
    CHECK(back.images[0].read_only && !back.images[0].has_output && back.images[0].digest[0] == 1);
    CHECK(!back.images[1].read_only && back.images[1].has_output);
    CHECK_EQ(back.images[1].output_fd, 10);
    CHECK_EQ(back.images[1].size_max, LIMIT_ARCHIVE_CONTENTS);
    CHECK_EQ(back.volumes_count, 1);
    CHECK_BYTES(back.volumes[0].guest, BYTES_TEXT("/db"));
    CHECK(back.volumes[0].key[0] == 7 && back.volumes[0].read_only);

    CASE("absent fields are absent");
    full.has_fuel = full.has_time = full.has_invoke = full.has_seed = full.has_report = false;
    full.images_count = full.volumes_count = 0;
    CHECK_OK(launch_parse(&back, encode(&full)));
    CHECK(!back.has_fuel && !back.has_time && !back.has_invoke && !back.has_seed);
    CHECK(!back.has_report && back.images_count == 0 && back.volumes_count == 0);
}

static void check_truncations(void)
{
    struct bytes raw;
    bool all = true;

    CASE("every truncation, and a byte more, is refused");
    full_make();
    raw = encode(&full);
    for (size_t size = 0; size < raw.size; size++)
        all &= launch_parse(&back, (struct bytes){ raw.data, size }) == ERR_MALFORMED;
    CHECK(all);
    room[raw.size] = 0;
    CHECK_ERR(launch_parse(&back, (struct bytes){ raw.data, raw.size + 1 }), ERR_MALFORMED);
}

/* Each changes one thing in a good record. */
static void zero_in_arg(void) { full.args[0] = BYTES_TEXT("a\0b"); }
static void no_equals(void) { full.environment[0] = BYTES_TEXT("HOME"); }
static void no_key(void) { full.environment[0] = BYTES_TEXT("=x"); }
static void no_guest(void) { full.directories[0].guest = (struct bytes){ 0 }; }
static void no_tree(void) { full.trees[0].guest = (struct bytes){ 0 }; }
static void stdio_as_directory(void) { full.directories[0].fd = 1; }
static void record_as_module(void) { full.module_fd = LAUNCH_FD; }
static void kind_unknown(void) { full.sockets[0].kind = (enum launch_socket_kind)2; }
static void fd_huge(void) { full.sockets[0].fd = LAUNCH_FD_MAX + 1; }
static void image_unnamed(void) { full.images[0].guest = (struct bytes){ 0 }; }
static void image_stdio(void) { full.images[0].fd = 2; }
static void image_huge(void) { full.images[1].size_max++; }
static void image_answers(void) { full.images[1].read_only = true; }
static void output_stdio(void) { full.images[1].output_fd = 1; }
static void volume_unnamed(void) { full.volumes[0].guest = (struct bytes){ 0 }; }
static void volume_record(void) { full.volumes[0].fd = LAUNCH_FD; }
static void volume_huge(void) { full.volumes[0].size_max = UINT64_MAX; }
static void none(void) {}

static const struct {
    const char *name;
    void (*change)(void);
    enum err want;
} changes[] = {
    { "unchanged", none, ERR_OK },
    { "zero byte in an argument", zero_in_arg, ERR_MALFORMED },
    { "environment without =", no_equals, ERR_MALFORMED },
    { "environment without a name", no_key, ERR_MALFORMED },
    { "directory without a guest path", no_guest, ERR_MALFORMED },
    { "memory tree without a guest path", no_tree, ERR_MALFORMED },
    { "stdout as a directory", stdio_as_directory, ERR_MALFORMED },
    { "the record itself as the module", record_as_module, ERR_MALFORMED },
    { "unknown kind of socket", kind_unknown, ERR_MALFORMED },
    { "descriptor beyond the limit", fd_huge, ERR_LIMIT },
    { "image without a guest path", image_unnamed, ERR_MALFORMED },
    { "stderr as an image", image_stdio, ERR_MALFORMED },
    { "image larger than any may be", image_huge, ERR_LIMIT },
    { "read-only image with an output", image_answers, ERR_MALFORMED },
    { "stdout as an output", output_stdio, ERR_MALFORMED },
    { "volume without a guest path", volume_unnamed, ERR_MALFORMED },
    { "the record itself as a volume", volume_record, ERR_MALFORMED },
    { "volume larger than any may be", volume_huge, ERR_LIMIT },
};

static void check_changes(void)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        CASE(changes[i].name);
        full_make();
        changes[i].change();
        CHECK_ERR(launch_parse(&back, encode(&full)), changes[i].want);
    }
}

static void check_counts(void)
{
    struct writer w = writer_of(room, sizeof room);

    CASE("more arguments than the table holds");
    cbor_put_map(&w, 14);
    cbor_put_uint(&w, 0);
    cbor_put_uint(&w, LAUNCH_VERSION);
    cbor_put_uint(&w, 1);
    cbor_put_uint(&w, 4);
    cbor_put_uint(&w, 2);
    cbor_put_bytes(&w, BYTES_TEXT("m"));
    cbor_put_uint(&w, 3);
    cbor_put_array(&w, LAUNCH_ARGS_MAX + 1);
    for (unsigned i = 0; i <= LAUNCH_ARGS_MAX; i++)
        cbor_put_bytes(&w, (struct bytes){ 0 });
    CHECK_ERR(launch_parse(&back, writer_bytes(&w)), ERR_LIMIT);

    CASE("a record beyond its limit");
    CHECK_ERR(launch_parse(&back, (struct bytes){ room, LAUNCH_SIZE_MAX + 1 }), ERR_LIMIT);

    CASE("another version");
    room[0] = 0xae;
    CHECK_ERR(launch_parse(&back, BYTES_TEXT("\xae\x00\x02\x01\x04\x02\x40\x03\x80\x04\x80\x05\x80"
                                             "\x06\x80\x07\x80\x08\x00\x09\x00\x0a\x00\x0b\x00"
                                             "\x0c\xf4\x0d\x00")),
              ERR_UNSUPPORTED);

    CASE("a field that nobody knows");
    CHECK_ERR(launch_parse(&back, BYTES_TEXT("\xaf\x00\x01\x01\x04\x02\x40\x03\x80\x04\x80\x05\x80"
                                             "\x06\x80\x07\x80\x08\x00\x09\x00\x0a\x00\x0b\x00"
                                             "\x0c\xf4\x0d\x00\x18\x18\x00")),
              ERR_UNSUPPORTED);

    CASE("a table of images with nothing in it");
    CHECK_ERR(launch_parse(&back, BYTES_TEXT("\xaf\x00\x01\x01\x04\x02\x40\x03\x80\x04\x80\x05\x80"
                                             "\x06\x80\x07\x80\x08\x00\x09\x00\x0a\x00\x0b\x00"
                                             "\x0c\xf4\x0d\x00\x13\x80")),
              ERR_MALFORMED);

    CASE("a required field left out");
    CHECK_ERR(launch_parse(&back, BYTES_TEXT("\xad\x00\x01\x01\x04\x02\x40\x03\x80\x04\x80\x05\x80"
                                             "\x06\x80\x07\x80\x09\x00\x0a\x00\x0b\x00"
                                             "\x0c\xf4\x0d\x00")),
              ERR_MALFORMED);
}

static void check_report(void)
{
    struct launch_report r = { 1, 2, 3, UINT64_MAX, 5 }, t;
    struct writer w = writer_of(room, LAUNCH_REPORT_SIZE_MAX);

    CASE("the report there and back");
    launch_report_write(&w, &r);
    CHECK(writer_ok(&w));
    CHECK_OK(launch_report_parse(&t, writer_bytes(&w)));
    CHECK_EQ(t.memory_peak_bytes, UINT64_MAX);
    CHECK_EQ(t.fuel_used, 5);

    CASE("a short report");
    CHECK_ERR(launch_report_parse(&t, (struct bytes){ room, w.size - 1 }), ERR_MALFORMED);
    CHECK_ERR(launch_report_parse(&t, BYTES_TEXT("\x84\x01\x02\x03\x04")), ERR_MALFORMED);
}

int main(void)
{
    check_round_trip();
    check_truncations();
    check_changes();
    check_counts();
    check_report();
    return check_done();
}
