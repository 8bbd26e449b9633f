#include "kws_hearing.h"

#include <string.h>

#include "kws_model.h"

enum { WATCH = 9, KEPT = 11, NO_LABEL = 255 };

void kws_hearing_start(kws_hearing *hearing, kws_output *output)
{
    memset(hearing, 0, sizeof *hearing);
    hearing->output = output;
    kws_listener_start(&hearing->listener);
#ifdef KWS_KEEP_AUDIO
    kws_keeper_start(&hearing->keeper);
#endif
    if (!kws_model_start()) {
        kws_text_put(&output->line, "# the model does not fit into the engine's memory");
        kws_output_line(output);
    }
}

void kws_hearing_from(kws_hearing *hearing, kws_source source)
{
    hearing->source = source;
    kws_listener_forget(&hearing->listener);
#ifdef KWS_KEEP_AUDIO
    kws_keeper_forget(&hearing->keeper);
#endif
}

void kws_hearing_pass(kws_hearing *hearing, uint32_t samples)
{
    /* whole seconds apart: all samples in thousandths could exceed 32 bits */
    hearing->audio_ms += samples / KWS_SAMPLE_RATE * 1000;
    hearing->audio_rest += samples % KWS_SAMPLE_RATE * 1000;
    hearing->audio_ms += hearing->audio_rest / KWS_SAMPLE_RATE;
    hearing->audio_rest %= KWS_SAMPLE_RATE;
}

static void report_detection(kws_hearing *hearing, const kws_detection *detection)
{
    static const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;
    kws_text *line = &hearing->output->line;
    kws_text_thousandths(line, hearing->audio_ms, 3, 9);
    kws_text_put(line, " s  ");
    kws_text_put(line, names[detection->label]);
    kws_text_put(line, "  ");
    kws_text_number(line, (100 * detection->score + 128) / 256);
    kws_text_put(line, " %   (front end ");
    kws_text_thousandths(line, hearing->listener.frame_micros, 1, 0);
    kws_text_put(line, " ms, network ");
    kws_text_thousandths(line, hearing->listener.network.micros, 1, 0);
    kws_text_put(line, " ms, level ");
    kws_text_number(line, kws_listener_level(&hearing->listener));
    kws_text_put(line, " dB)");
    kws_output_line(hearing->output);
}

static void send_decision(kws_hearing *hearing, int32_t label)
{
    uint8_t data[7 + KWS_LABELS];
    kws_put_u32(data, hearing->audio_ms);
    data[4] = (uint8_t)kws_listener_level(&hearing->listener);
    data[5] = hearing->listener.network_ran;
    data[6] = (uint8_t)label;
    memcpy(data + 7, hearing->listener.scores, KWS_LABELS);
    kws_output_packet(hearing->output, WATCH, data, sizeof data);
}

#ifdef KWS_KEEP_AUDIO
void kws_hearing_put_kept(const kws_kept *kept, uint8_t *data)
{
    kws_put_u32(data, kept->number);
    kws_put_u32(data + 4, kept->time_ms);
    kws_put_u32(data + 8, kept->samples);
    kws_put_u32(data + 12, kept->after);
    data[16] = (uint8_t)kept->label;
    data[17] = (uint8_t)kept->score;
    data[18] = (uint8_t)kept->kind;
}

static void keep(kws_hearing *hearing, const kws_detection *best, bool detected)
{
    if (kws_keeper_judge(&hearing->keeper, best, detected, hearing->audio_ms) && hearing->watch) {
        uint8_t data[KWS_HEARING_KEPT_BYTES];
        kws_hearing_put_kept(&hearing->keeper.kept, data);
        kws_output_packet(hearing->output, KEPT, data, sizeof data);
    }
}
#endif

static void judge(kws_hearing *hearing)
{
    kws_detection detection;
    const bool detected =
        kws_listener_decide(&hearing->listener, hearing->audio_ms, &detection);
    if (detected) {
        report_detection(hearing, &detection);
    }
    if (hearing->watch) {
        send_decision(hearing, detected ? detection.label : NO_LABEL);
    }
#ifdef KWS_KEEP_AUDIO
    keep(hearing, &detection, detected);
#endif
}

void kws_hearing_push(kws_hearing *hearing, const int16_t *samples, int32_t count)
{
    while (count > 0) {
        bool due;
        const int32_t used = kws_listener_push(&hearing->listener, samples, count, &due);
#ifdef KWS_KEEP_AUDIO
        kws_keeper_push(&hearing->keeper, samples, used);
#endif
        samples += used;
        count -= used;
        kws_hearing_pass(hearing, (uint32_t)used);
        if (due && hearing->source != KWS_SOURCE_ON_REQUEST) {
            judge(hearing);
        }
    }
}
