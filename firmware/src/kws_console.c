#include "kws_console.h"

#include "kws_board.h"
#include "kws_model.h"

enum { BYTES_PER_STEP = 600 };

void kws_console_start(kws_console *console, kws_microphone *microphone, uint32_t app_bytes)
{
    kws_packet_start(&console->receiver);
    kws_requests_start(&console->requests, microphone, app_bytes);
    console->typed = 0;
}

bool kws_console_expects(const kws_console *console)
{
    return kws_packet_expected(&console->receiver, kws_board_micros());
}

static void put_status(kws_text *line, const kws_microphone *microphone)
{
    const kws_listener *listener = &microphone->hearing->listener;
    kws_text_put(line, "# ");
    kws_text_put(line, kws_board_name());
    kws_text_put(line, ", ");
    kws_text_put(line, kws_model_engine());
    kws_text_put(line, " engine, model ");
    kws_text_hash(line, KWS_MODEL);
    kws_text_put(line, ": ");
    kws_text_unsigned(line, listener->detections);
    kws_text_put(line, " words in ");
    kws_text_unsigned(line, listener->decisions);
    kws_text_put(line, " windows, ");
    kws_text_unsigned(line, listener->saved);
    kws_text_put(line, " of them without speech; ");
    kws_text_unsigned(line, microphone->lost);
    kws_text_put(line, " of ");
    kws_text_unsigned(line, microphone->samples);
    kws_text_put(line, " samples lost; level ");
    kws_text_number(line, kws_listener_level(listener));
    kws_text_put(line, " dB");
}

/* Commands are single letters: the last character before Enter counts. */
static void type(kws_console *console, char character)
{
    kws_output *output = console->requests.output;
    if (character != '\r' && character != '\n') {
        console->typed = character;
        return;
    }
    if (console->typed == 's') {
        put_status(&output->line, console->requests.microphone);
        kws_output_line(output);
    } else if (console->typed == '?') {
        kws_text_put(&output->line,
                     "# s: status, ?: this help; each detection is one line: time, word, score");
        kws_output_line(output);
    }
    console->typed = 0;
}

bool kws_console_step(kws_console *console)
{
    kws_requests *requests = &console->requests;
    for (int32_t i = 0; i < BYTES_PER_STEP; i++) {
        kws_packet packet;
        const int byte = kws_board_read();
        if (byte < 0) {
            return i > 0;
        }
        switch (kws_packet_push(&console->receiver, (uint8_t)byte, kws_board_micros(), &packet)) {
        case KWS_TEXT: type(console, (char)byte); break;
        case KWS_DAMAGED: requests->damaged++; break;
        case KWS_PACKET:
            requests->packets++;
            kws_requests_answer(requests, &packet);
            return true; /* the microphone takes its turn before the next packet */
        case KWS_NOTHING: break;
        }
    }
    return true;
}
