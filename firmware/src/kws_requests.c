#include "kws_requests.h"

#include <string.h>

#include "kws_board.h"
#include "kws_model.h"
#include "kws_selftest.h"

enum {
#ifdef KWS_KEEP_AUDIO
    REQUESTS = 13,
    BLOCKS = 3, /* of audio in a packet */
#else
    REQUESTS = 10,
#endif
    ERROR = 0x7f,
    FEATURES = KWS_NETWORK_FRAMES * KWS_COEFFICIENTS,
    FEATURES_PER_PACKET = 510,
    INDEX_BYTES = 4, /* of the first sample */
    SAMPLES = 64,    /* passed to the front end at a time */
    ANY = -1,
    FIRST_LABELS_PAGE = 3,
    LABELS_PER_PAGE = 12,
    ALL_LABELS = 255,
};

typedef enum {
    DONE,
    UNKNOWN_TYPE,
    WRONG_LENGTH,
    WRONG_VALUE,
    NO_WINDOW,
    NOT_INJECTED,
    ENGINE_FAILED,
#ifdef KWS_KEEP_AUDIO
    NOT_KEPT,
#endif
} outcome;

static const char *const reasons[] = {
    "",
    "unknown type",
    "wrong length",
    "wrong value",
    "no window yet: send a window of samples first",
    "only with source 1 or 2",
    "the engine failed",
#ifdef KWS_KEEP_AUDIO
    "this clip is not kept, or is shorter",
#endif
};

void kws_requests_start(kws_requests *requests, kws_microphone *microphone, uint32_t app_bytes)
{
    memset(requests, 0, sizeof *requests);
    requests->microphone = microphone;
    requests->hearing = microphone->hearing;
    requests->listener = &microphone->hearing->listener;
    requests->output = microphone->hearing->output;
    requests->app_bytes = app_bytes;
}

static void reply(kws_requests *requests, const kws_packet *request, const void *data,
                  int32_t length)
{
    kws_output_reply(requests->output, request->type, request->number, data, length);
}

/* Sends the line under construction as a reply. */
static void reply_text(kws_requests *requests, const kws_packet *request)
{
    const int32_t length = requests->output->line.length;
    requests->output->line.length = 0;
    reply(requests, request, requests->output->line.text, length);
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

static void put_sizes(kws_text *text, const kws_requests *requests)
{
    put_pair(text, "model_bytes", KWS_MODEL_BYTES);
    put_pair(text, "engine_bytes", kws_model_memory());
    put_pair(text, "app_bytes", requests->app_bytes);
    put_pair(text, "stack_bytes", kws_board_stack());
    put_pair(text, "rate", KWS_SAMPLE_RATE);
    put_pair(text, "window", KWS_WINDOW);
    put_pair(text, "hop", KWS_HOP);
    put_pair(text, "frames", KWS_FRAMES);
    put_pair(text, "coefficients", KWS_COEFFICIENTS);
    put_pair(text, "labels", KWS_LABELS);
    put_pair(text, "decision_ms", KWS_DECISION_MS);
    put_pair(text, "isolated_ms", KWS_DETECTOR_ISOLATED_MS);
    put_pair(text, "kept", KWS_NETWORK_FRAMES);
#ifdef KWS_KEEP_AUDIO
    put_pair(text, "keeps_ms", KWS_KEEPER_SECONDS * 1000);
#endif
}

static void put_counters(kws_text *text, const kws_requests *requests)
{
    put_pair(text, "samples", requests->microphone->samples);
    put_pair(text, "lost", requests->microphone->lost);
    put_pair(text, "clipped", requests->microphone->conditioner.clipped);
    put_pair(text, "frames", requests->listener->frame_count);
    put_pair(text, "decisions", requests->listener->decisions);
    put_pair(text, "saved", requests->listener->saved);
    put_pair(text, "detections", requests->listener->detections);
    put_pair(text, "packets", requests->packets);
    put_pair(text, "damaged", requests->damaged);
    put_pair(text, "dropped", requests->output->dropped);
    put_pair(text, "failures", requests->listener->network.failures);
    put_pair(text, "silent", requests->microphone->silent);
#ifdef KWS_KEEP_AUDIO
    put_pair(text, "missed", requests->hearing->keeper.missed);
#endif
}

static void put_labels(kws_text *text, const kws_requests *requests, int32_t first)
{
    static const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;
    const int32_t end = first + LABELS_PER_PAGE;
    for (int32_t label = first; label < end && label < KWS_LABELS; label++) {
        kws_text_number(text, label);
        kws_text_put(text, "=");
        kws_text_put(text, names[label]);
        kws_text_put(text, " ");
        kws_text_number(text, requests->listener->detector.thresholds[label]);
        kws_text_put(text, "\n");
    }
}

static outcome info(kws_requests *requests, const kws_packet *request)
{
    const int32_t first_label = (request->data[0] - FIRST_LABELS_PAGE) * LABELS_PER_PAGE;
    kws_text *text = &requests->output->line;
    switch (request->data[0]) {
    case 0: put_versions(text); break;
    case 1: put_sizes(text, requests); break;
    case 2: put_counters(text, requests); break;
    default:
        if (first_label >= KWS_LABELS) {
            return WRONG_VALUE;
        }
        put_labels(text, requests, first_label);
    }
    reply_text(requests, request);
    return DONE;
}

static outcome source(kws_requests *requests, const kws_packet *request)
{
    if (request->data[0] > KWS_SOURCE_ON_REQUEST) {
        return WRONG_VALUE;
    }
    kws_hearing_from(requests->hearing, (kws_source)request->data[0]);
    reply(requests, request, NULL, 0);
    return DONE;
}

/* The listener gets every sample exactly once, even if packets were lost or sent twice. */
static outcome audio(kws_requests *requests, const kws_packet *request)
{
    if (requests->hearing->source == KWS_SOURCE_MICROPHONE) {
        return NOT_INJECTED;
    }
    if (request->length < INDEX_BYTES || request->length % 2) {
        return WRONG_LENGTH;
    }
    const uint8_t *data = request->data + INDEX_BYTES;
    const uint32_t count = (uint32_t)(request->length - INDEX_BYTES) / 2;
    /* samples after a gap are rejected: the difference wraps around and exceeds `count` */
    uint32_t at = requests->listener->taken - kws_get_u32(request->data);
    while (at < count) {
        int16_t samples[SAMPLES];
        int32_t now = 0;
        for (; now < SAMPLES && at < count; now++, at++) {
            samples[now] = (int16_t)(data[2 * at] | data[2 * at + 1] << 8);
        }
        kws_hearing_push(requests->hearing, samples, now);
    }
    uint8_t taken[4];
    kws_put_u32(taken, requests->listener->taken);
    reply(requests, request, taken, sizeof taken);
    return DONE;
}

static outcome features(kws_requests *requests, const kws_packet *request)
{
    const int32_t offset = request->data[0] | request->data[1] << 8;
    if (requests->listener->filled < KWS_NETWORK_FRAMES) {
        return NO_WINDOW;
    }
    if (offset >= FEATURES) {
        return WRONG_VALUE;
    }
    const int32_t rest = FEATURES - offset;
    const int32_t count = rest < FEATURES_PER_PACKET ? rest : FEATURES_PER_PACKET;
    uint8_t data[2 + FEATURES_PER_PACKET];
    data[0] = request->data[0];
    data[1] = request->data[1];
    kws_network_features(&requests->listener->network);
    memcpy(data + 2, &requests->listener->network.features[0][0] + offset, (size_t)count);
    reply(requests, request, data, 2 + count);
    return DONE;
}

static outcome scores(kws_requests *requests, const kws_packet *request)
{
    if (!kws_listener_ready(requests->listener)) {
        return NO_WINDOW;
    }
    if (!kws_listener_scores(requests->listener)) {
        return ENGINE_FAILED;
    }
    uint8_t data[KWS_LABELS + 8];
    memcpy(data, requests->listener->scores, KWS_LABELS);
    kws_put_u32(data + KWS_LABELS, requests->listener->frame_micros);
    kws_put_u32(data + KWS_LABELS + 4, requests->listener->network.micros);
    reply(requests, request, data, sizeof data);
    return DONE;
}

static outcome record(kws_requests *requests, const kws_packet *request)
{
    kws_microphone_record(requests->microphone, kws_get_u32(request->data));
    reply(requests, request, NULL, 0);
    return DONE;
}

static outcome selftest(kws_requests *requests, const kws_packet *request)
{
    const kws_selftest_result result = kws_selftest(requests->listener);
    uint8_t data[6 + KWS_LABELS];
    data[0] = result.frontend;
    data[1] = result.engine;
    kws_put_u32(data + 2, result.features);
    memcpy(data + 6, requests->listener->scores, KWS_LABELS);
    reply(requests, request, data, sizeof data);
    return DONE;
}

static outcome threshold(kws_requests *requests, const kws_packet *request)
{
    const int32_t label = request->data[0];
    kws_detector *detector = &requests->listener->detector;
    bool set = false;
    for (int32_t i = 0; i < KWS_LABELS; i++) {
        if (i == label || label == ALL_LABELS) {
            set |= kws_detector_threshold(detector, i, request->data[1]);
        }
    }
    if (!set) {
        return WRONG_VALUE;
    }
    reply(requests, request, detector->thresholds, KWS_LABELS);
    return DONE;
}

static outcome watch(kws_requests *requests, const kws_packet *request)
{
    if (request->data[0] > 1) {
        return WRONG_VALUE;
    }
    requests->hearing->watch = request->data[0];
    reply(requests, request, NULL, 0);
    return DONE;
}

static outcome repeat(kws_requests *requests, const kws_packet *request)
{
    reply(requests, request, request->data, request->length);
    return DONE;
}

#ifdef KWS_KEEP_AUDIO
static outcome kept(kws_requests *requests, const kws_packet *request)
{
    uint8_t data[KWS_HEARING_KEPT_BYTES];
    kws_hearing_put_kept(&requests->hearing->keeper.kept, data);
    reply(requests, request, data, sizeof data);
    return DONE;
}

static outcome clip(kws_requests *requests, const kws_packet *request)
{
    uint8_t data[6 + BLOCKS * KWS_ADPCM_BYTES];
    const int32_t first = request->data[4] | request->data[5] << 8;
    const int32_t count = kws_keeper_read(&requests->hearing->keeper,
                                          kws_get_u32(request->data), first, BLOCKS, data + 6);
    if (count == 0) {
        return NOT_KEPT;
    }
    memcpy(data, request->data, 6);
    reply(requests, request, data, 6 + count * KWS_ADPCM_BYTES);
    return DONE;
}

static outcome near(kws_requests *requests, const kws_packet *request)
{
    requests->hearing->keeper.near_score = request->data[0];
    reply(requests, request, NULL, 0);
    return DONE;
}
#endif

static const struct {
    outcome (*answer)(kws_requests *requests, const kws_packet *request);
    int32_t length; /* of the data */
} handlers[REQUESTS + 1] = {
    {NULL, 0},   {info, 1},     {source, 1},   {audio, ANY},   {features, 2}, {scores, 0},
    {record, 4}, {selftest, 0}, {threshold, 2}, {watch, 1}, {repeat, ANY},
#ifdef KWS_KEEP_AUDIO
    {kept, 0},    {clip, 6},     {near, 1},
#endif
};

void kws_requests_answer(kws_requests *requests, const kws_packet *request)
{
    outcome result = UNKNOWN_TYPE;
    if (request->type >= 1 && request->type <= REQUESTS) {
        const int32_t length = handlers[request->type].length;
        result = length != ANY && length != request->length
                     ? WRONG_LENGTH
                     : handlers[request->type].answer(requests, request);
    }
    if (result == DONE) {
        return;
    }
    uint8_t data[64] = {(uint8_t)result};
    const size_t length = strlen(reasons[result]);
    memcpy(data + 1, reasons[result], length);
    kws_output_reply(requests->output, ERROR, request->number, data, (int32_t)length + 1);
}
