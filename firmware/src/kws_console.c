/* The serial port: requests of programs and what people type. docs/serial.md is its specification. */
#include <string.h>

#include "kws_app.h"
#include "kws_audio.h"
#include "kws_board.h"
#include "kws_model.h"
#include "kws_selftest.h"

enum {
    REQUESTS = 10,
    ERROR = 0x7f,
    BYTES_A_STEP = 600,
    FEATURES_A_PACKET = 510,
    INDEX_BYTES = 4, /* of the first sample */
    SAMPLES = 64, /* through the front end at a time */
    ANY = -1,
    DEAF_MICROS = 1000000,
    LABELS_PAGE = 3, /* the first of them */
    LABELS_A_PAGE = 12,
};

typedef enum {
    DONE,
    UNKNOWN_TYPE,
    WRONG_LENGTH,
    WRONG_VALUE,
    NO_WINDOW,
    NOT_INJECTED,
    ENGINE_FAILED,
} outcome;

static const char *const reasons[] = {
    "",
    "unknown type",
    "wrong length",
    "wrong value",
    "no window yet: a window of samples must come first",
    "only with source 1 or 2",
    "the engine failed",
};

static void write_out(kws_app *app, const uint8_t *data, int32_t count)
{
    const int32_t written = kws_board_write(data, count);
    app->dropped += (uint32_t)(count - written);
    app->deaf = written < count;
    app->deaf_micros = kws_board_micros();
}

/* A host that stops reading must not make the board wait at each line: audio would be lost. */
static void write_unasked(kws_app *app, const uint8_t *data, int32_t count)
{
    if (app->deaf && kws_board_micros() - app->deaf_micros < DEAF_MICROS) {
        app->dropped += (uint32_t)count;
    } else {
        write_out(app, data, count);
    }
}

void kws_console_line(kws_app *app)
{
    kws_text *line = &app->line;
    if (line->length > KWS_TEXT_BYTES - 2) {
        line->length = KWS_TEXT_BYTES - 2;
    }
    kws_text_put(line, "\r\n");
    write_unasked(app, (const uint8_t *)line->text, line->length);
    line->length = 0;
}

void kws_console_tell(kws_app *app, uint8_t type, const uint8_t *data, int32_t length)
{
    write_unasked(app, app->encoded, kws_packet_encode(type, 0, data, length, app->encoded));
}

static void send(kws_app *app, uint8_t type, uint8_t number, const uint8_t *data, int32_t length)
{
    write_out(app, app->encoded, kws_packet_encode(type, number, data, length, app->encoded));
}

static void reply(kws_app *app, const kws_packet *request, const void *data, int32_t length)
{
    send(app, request->type, request->number, data, length);
}

/* The line under construction, as a reply. */
static void reply_text(kws_app *app, const kws_packet *request)
{
    const int32_t length = app->line.length;
    app->line.length = 0;
    reply(app, request, app->line.text, length);
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    for (int32_t i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static void put_pair(kws_text *text, const char *key, uint32_t value)
{
    kws_text_put(text, key);
    kws_text_put(text, "=");
    kws_text_unsigned(text, value);
    kws_text_put(text, "\n");
}

static void put_versions(kws_text *text)
{
    kws_text_put(text, "firmware=" KWS_FIRMWARE_VERSION "\nboard=");
    kws_text_put(text, kws_board_name());
    kws_text_put(text, "\nengine=");
    kws_text_put(text, kws_model_engine());
    kws_text_put(text, "\nmodel=");
    kws_text_hash(text, KWS_MODEL);
    kws_text_put(text, "\nfrontend_config=");
    kws_text_hash(text, KWS_FRONTEND_CONFIG);
    kws_text_put(text, "\n");
    put_pair(text, "protocol", KWS_PROTOCOL_VERSION);
}

static void put_sizes(kws_text *text)
{
    put_pair(text, "model_bytes", KWS_MODEL_BYTES);
    put_pair(text, "engine_bytes", kws_model_memory());
    put_pair(text, "app_bytes", sizeof(kws_app));
    put_pair(text, "stack_bytes", kws_board_stack());
    put_pair(text, "rate", KWS_SAMPLE_RATE);
    put_pair(text, "window", KWS_WINDOW);
    put_pair(text, "hop", KWS_HOP);
    put_pair(text, "frames", KWS_FRAMES);
    put_pair(text, "coefficients", KWS_COEFFICIENTS);
    put_pair(text, "labels", KWS_LABELS);
    put_pair(text, "decision_ms", KWS_DECISION_MS);
}

static void put_counters(kws_text *text, const kws_app *app)
{
    put_pair(text, "samples", app->samples);
    put_pair(text, "lost", app->lost);
    put_pair(text, "clipped", app->conditioner.clipped);
    put_pair(text, "frames", app->listener.frame_count);
    put_pair(text, "decisions", app->listener.decisions);
    put_pair(text, "saved", app->listener.saved);
    put_pair(text, "detections", app->listener.detections);
    put_pair(text, "packets", app->packets);
    put_pair(text, "damaged", app->damaged);
    put_pair(text, "dropped", app->dropped);
    put_pair(text, "failures", app->listener.failures);
    put_pair(text, "silent", app->silent);
}

static void put_labels(kws_text *text, const kws_app *app, int32_t first)
{
    static const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;
    const int32_t end = first + LABELS_A_PAGE;
    for (int32_t label = first; label < end && label < KWS_LABELS; label++) {
        kws_text_number(text, label);
        kws_text_put(text, "=");
        kws_text_put(text, names[label]);
        kws_text_put(text, " ");
        kws_text_number(text, app->listener.detector.thresholds[label]);
        kws_text_put(text, "\n");
    }
}

static outcome info(kws_app *app, const kws_packet *request)
{
    const int32_t first_label = (request->data[0] - LABELS_PAGE) * LABELS_A_PAGE;
    switch (request->data[0]) {
    case 0: put_versions(&app->line); break;
    case 1: put_sizes(&app->line); break;
    case 2: put_counters(&app->line, app); break;
    default:
        if (first_label >= KWS_LABELS) {
            return WRONG_VALUE;
        }
        put_labels(&app->line, app, first_label);
    }
    reply_text(app, request);
    return DONE;
}

static outcome source(kws_app *app, const kws_packet *request)
{
    if (request->data[0] > KWS_INJECTED_ASKED) {
        return WRONG_VALUE;
    }
    app->source = (kws_source)request->data[0];
    kws_listener_forget(&app->listener);
    reply(app, request, NULL, 0);
    return DONE;
}

/* Each sample is heard once and none is left out, whatever got lost or came twice on the way. */
static outcome audio(kws_app *app, const kws_packet *request)
{
    if (app->source == KWS_MICROPHONE) {
        return NOT_INJECTED;
    }
    if (request->length < INDEX_BYTES || request->length % 2) {
        return WRONG_LENGTH;
    }
    const uint8_t *data = request->data + INDEX_BYTES;
    const uint32_t count = (uint32_t)(request->length - INDEX_BYTES) / 2;
    uint32_t at = app->listener.taken - get_u32(request->data); /* behind a gap it wraps */
    while (at < count) {
        int16_t samples[SAMPLES];
        int32_t now = 0;
        for (; now < SAMPLES && at < count; now++, at++) {
            samples[now] = (int16_t)(data[2 * at] | data[2 * at + 1] << 8);
        }
        kws_app_hear(app, samples, now);
    }
    uint8_t taken[4];
    put_u32(taken, app->listener.taken);
    reply(app, request, taken, sizeof taken);
    return DONE;
}

static outcome features(kws_app *app, const kws_packet *request)
{
    const int32_t offset = request->data[0] | request->data[1] << 8;
    if (!kws_listener_ready(&app->listener)) {
        return NO_WINDOW;
    }
    if (offset >= KWS_FEATURES) {
        return WRONG_VALUE;
    }
    const int32_t rest = KWS_FEATURES - offset;
    const int32_t count = rest < FEATURES_A_PACKET ? rest : FEATURES_A_PACKET;
    uint8_t data[2 + FEATURES_A_PACKET];
    data[0] = request->data[0];
    data[1] = request->data[1];
    kws_listener_features(&app->listener);
    memcpy(data + 2, app->listener.features + offset, (size_t)count);
    reply(app, request, data, 2 + count);
    return DONE;
}

static outcome scores(kws_app *app, const kws_packet *request)
{
    if (!kws_listener_ready(&app->listener)) {
        return NO_WINDOW;
    }
    if (!kws_listener_scores(&app->listener)) {
        return ENGINE_FAILED;
    }
    uint8_t data[KWS_LABELS + 8];
    memcpy(data, app->listener.scores, KWS_LABELS);
    put_u32(data + KWS_LABELS, app->listener.frame_micros);
    put_u32(data + KWS_LABELS + 4, app->listener.network_micros);
    reply(app, request, data, sizeof data);
    return DONE;
}

static outcome record(kws_app *app, const kws_packet *request)
{
    app->record_left = get_u32(request->data);
    app->record_index = 0;
    reply(app, request, NULL, 0);
    return DONE;
}

static outcome selftest(kws_app *app, const kws_packet *request)
{
    const kws_selftest_result result = kws_selftest(&app->listener);
    uint8_t data[6 + KWS_LABELS];
    data[0] = result.frontend;
    data[1] = result.engine;
    put_u32(data + 2, result.features);
    memcpy(data + 6, app->listener.scores, KWS_LABELS);
    reply(app, request, data, sizeof data);
    return DONE;
}

static outcome threshold(kws_app *app, const kws_packet *request)
{
    const int32_t label = request->data[0];
    kws_detector *detector = &app->listener.detector;
    bool set = false;
    for (int32_t i = 0; i < KWS_LABELS; i++) {
        if (i == label || label == 255) {
            set |= kws_detector_threshold(detector, i, request->data[1]);
        }
    }
    if (!set) {
        return WRONG_VALUE;
    }
    reply(app, request, detector->thresholds, KWS_LABELS);
    return DONE;
}

static outcome watch(kws_app *app, const kws_packet *request)
{
    if (request->data[0] > 1) {
        return WRONG_VALUE;
    }
    app->watch = request->data[0];
    reply(app, request, NULL, 0);
    return DONE;
}

static outcome repeat(kws_app *app, const kws_packet *request)
{
    reply(app, request, request->data, request->length);
    return DONE;
}

static const struct {
    outcome (*answer)(kws_app *app, const kws_packet *request);
    int32_t length; /* of the data */
} requests[REQUESTS + 1] = {
    {NULL, 0},   {info, 1},     {source, 1},   {audio, ANY},   {features, 2}, {scores, 0},
    {record, 4}, {selftest, 0}, {threshold, 2}, {watch, 1}, {repeat, ANY},
};

static void answer(kws_app *app, const kws_packet *request)
{
    outcome result = UNKNOWN_TYPE;
    if (request->type >= 1 && request->type <= REQUESTS) {
        const int32_t length = requests[request->type].length;
        result = length != ANY && length != request->length
                     ? WRONG_LENGTH
                     : requests[request->type].answer(app, request);
    }
    if (result == DONE) {
        return;
    }
    uint8_t data[64] = {(uint8_t)result};
    const size_t length = strlen(reasons[result]);
    memcpy(data + 1, reasons[result], length);
    send(app, ERROR, request->number, data, (int32_t)length + 1);
}

static void status(kws_app *app)
{
    kws_text *line = &app->line;
    kws_text_put(line, "# ");
    kws_text_put(line, kws_board_name());
    kws_text_put(line, ", ");
    kws_text_put(line, kws_model_engine());
    kws_text_put(line, " engine, model ");
    kws_text_hash(line, KWS_MODEL);
    kws_text_put(line, ": ");
    kws_text_unsigned(line, app->listener.detections);
    kws_text_put(line, " words in ");
    kws_text_unsigned(line, app->listener.decisions);
    kws_text_put(line, " windows, ");
    kws_text_unsigned(line, app->listener.saved);
    kws_text_put(line, " of them without the network; ");
    kws_text_unsigned(line, app->lost);
    kws_text_put(line, " of ");
    kws_text_unsigned(line, app->samples);
    kws_text_put(line, " samples lost; level ");
    kws_text_number(line, kws_listener_level(&app->listener));
    kws_text_put(line, " dB");
    kws_console_line(app);
}

/* What a person typed: the last character before Enter counts. */
static void type(kws_app *app, char character)
{
    if (character != '\r' && character != '\n') {
        app->typed = character;
        return;
    }
    if (app->typed == 's') {
        status(app);
    } else if (app->typed == '?') {
        kws_text_put(&app->line, "# s: status, ?: this help; a detection is a line of its own: "
                                 "time, word, score");
        kws_console_line(app);
    }
    app->typed = 0;
}

bool kws_console_step(kws_app *app)
{
    for (int32_t i = 0; i < BYTES_A_STEP; i++) {
        kws_packet packet;
        const int byte = kws_board_read();
        if (byte < 0) {
            return i > 0;
        }
        switch (kws_packet_push(&app->receiver, (uint8_t)byte, kws_board_micros(), &packet)) {
        case KWS_TEXT: type(app, (char)byte); break;
        case KWS_DAMAGED: app->damaged++; break;
        case KWS_PACKET:
            app->packets++;
            answer(app, &packet);
            return true; /* the microphone comes first again */
        case KWS_NOTHING: break;
        }
    }
    return true;
}
