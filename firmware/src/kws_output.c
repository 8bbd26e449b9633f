#include "kws_output.h"

#include <string.h>

#include "kws_board.h"

enum { STALLED_MICROS = 1000000 };

void kws_output_start(kws_output *output)
{
    memset(output, 0, sizeof *output);
}

static void write_out(kws_output *output, const uint8_t *data, int32_t count)
{
    const int32_t written = kws_board_write(data, count);
    output->dropped += (uint32_t)(count - written);
    output->stalled = written < count;
    output->stalled_micros = kws_board_micros();
}

/* If the host stops reading, the board must not wait for it at each line: audio would be lost. */
static void write_unasked(kws_output *output, const uint8_t *data, int32_t count)
{
    if (output->stalled && kws_board_micros() - output->stalled_micros < STALLED_MICROS) {
        output->dropped += (uint32_t)count;
    } else {
        write_out(output, data, count);
    }
}

void kws_output_line(kws_output *output)
{
    kws_text *line = &output->line;
    if (line->length > KWS_TEXT_BYTES - 2) {
        line->length = KWS_TEXT_BYTES - 2;
    }
    kws_text_put(line, "\r\n");
    write_unasked(output, (const uint8_t *)line->text, line->length);
    line->length = 0;
}

void kws_output_packet(kws_output *output, uint8_t type, const uint8_t *data, int32_t length)
{
    write_unasked(output, output->encoded,
                  kws_packet_encode(type, 0, data, length, output->encoded));
}

void kws_output_reply(kws_output *output, uint8_t type, uint8_t number, const void *data,
                      int32_t length)
{
    write_out(output, output->encoded,
              kws_packet_encode(type, number, data, length, output->encoded));
}
