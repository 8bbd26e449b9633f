/* What a board supplies in addition to its microphone: a serial port and a clock. Each kind of
 * board has a file that implements them; everything above is the same on all boards. */
#ifndef KWS_BOARD_H
#define KWS_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_BOARD_BAUD 921600 /* for ports that have a speed; samples need 32 kB/s */

/* Returns the board's name: that of its environment in platformio.ini. */
const char *kws_board_name(void);

/* Opens the serial port and starts the clock. */
void kws_board_start(void);

/* Returns the microseconds since the start; they wrap around every 71 minutes. */
uint32_t kws_board_micros(void);

/* Returns the next byte from the serial port, or -1 if there is none. It never waits. */
int kws_board_read(void);

/* Writes bytes to the serial port and returns how many were written. It returns at once if no
 * host is connected, and waits at most KWS_BOARD_WRITE_MS for room. */
int32_t kws_board_write(const uint8_t *data, int32_t count);
#define KWS_BOARD_WRITE_MS 100

/* Returns the most bytes of stack used so far; 0 where that is not known. */
uint32_t kws_board_stack(void);

/* Called when there is nothing to do until the next sample or byte, so that the board can sleep.
 * `expecting` tells that bytes of a packet are on their way. */
void kws_board_idle(bool expecting);

#ifdef __cplusplus
}
#endif

#endif
