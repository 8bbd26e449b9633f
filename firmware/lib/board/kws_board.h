/* What a board supplies beside its microphone: a serial port and a clock. One file a kind of board
 * implements these; everything above them is the same on all. */
#ifndef KWS_BOARD_H
#define KWS_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_BOARD_BAUD 921600 /* where the port has a speed: samples need 32 kB a second */

/* The board's name, as its environment in platformio.ini calls it. */
const char *kws_board_name(void);

/* Opens the serial port and starts the clock. */
void kws_board_start(void);

/* Microseconds since the start; wraps every 71 minutes. */
uint32_t kws_board_micros(void);

/* The next byte from the serial port, or -1 if none is there. Never waits. */
int kws_board_read(void);

/* Bytes to the serial port. Returns at once if nobody listens; waits for room for at most
 * KWS_BOARD_WRITE_MS. Returns how many were written. */
int32_t kws_board_write(const uint8_t *data, int32_t count);
#define KWS_BOARD_WRITE_MS 100

/* Bytes of stack that were used so far; 0 where it is not known. */
uint32_t kws_board_stack(void);

/* Nothing to do until the next sample or byte: a board may sleep that long. `expecting`: bytes of a
 * packet are on their way. */
void kws_board_idle(bool expecting);

#ifdef __cplusplus
}
#endif

#endif
