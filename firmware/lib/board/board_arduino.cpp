/* Serial port and clock of the boards with an Arduino core: Nano 33 BLE (mbed) and ESP32. */
#if defined(ARDUINO)

#include <Arduino.h>
#if defined(ARDUINO_ARCH_ESP32)
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#define KWS_PORT Serial
#else
#include <cmsis_os2.h>
#include <USB/PluggableUSBSerial.h> /* write() of Serial would wait for the host */
#define KWS_PORT _SerialUSB
#endif

#include "kws_board.h"

#define KWS_TEXT_OF(name) #name
#define KWS_TEXT(name) KWS_TEXT_OF(name)

#if !defined(KWS_BOARD)
#error "KWS_BOARD is not defined: platformio.ini sets it with -DKWS_BOARD=$PIOENV"
#endif

/* Writes the bytes that there is room for now; write() of both cores would wait for the rest. */
static int32_t put(const uint8_t *data, int32_t count)
{
#if defined(ARDUINO_ARCH_ESP32)
    const int32_t room = KWS_PORT.availableForWrite();
    const int32_t now = room < count ? room : count;
    return now > 0 ? static_cast<int32_t>(KWS_PORT.write(data, static_cast<size_t>(now))) : 0;
#else
    /* A full USB packet of 64 bytes does not end a transfer: the host would wait for another. */
    const uint32_t now = count < 63 ? static_cast<uint32_t>(count) : 63U;
    uint32_t taken = 0;
    KWS_PORT.send_nb(const_cast<uint8_t *>(data), now, &taken, true);
    return static_cast<int32_t>(taken);
#endif
}

const char *kws_board_name(void)
{
    return KWS_TEXT(KWS_BOARD);
}

void kws_board_start(void)
{
#if defined(ARDUINO_ARCH_ESP32)
    /* Without flow control, two requests of the host must fit in while the network runs. */
    KWS_PORT.setRxBufferSize(2048);
    KWS_PORT.setTxBufferSize(2048);
    KWS_PORT.begin(KWS_BOARD_BAUD);
#endif /* the mbed core opens USB before setup() */
}

uint32_t kws_board_micros(void)
{
    return static_cast<uint32_t>(micros());
}

int kws_board_read(void)
{
    return KWS_PORT.read();
}

int32_t kws_board_write(const uint8_t *data, int32_t count)
{
    static bool listening = true; /* false after a wait in vain: do not wait again */
    const uint32_t start = kws_board_micros();
    int32_t written = 0;

#if !defined(ARDUINO_ARCH_ESP32)
    if (!KWS_PORT.connected()) {
        return 0;
    }
#endif
    for (;;) {
        const int32_t now = put(data + written, count - written);
        listening = listening || now > 0;
        written += now;
        if (written == count || !listening) {
            return written;
        }
        if (kws_board_micros() - start >= KWS_BOARD_WRITE_MS * 1000U) {
            listening = written > 0;
            return written;
        }
    }
}

uint32_t kws_board_stack(void)
{
#if defined(ARDUINO_ARCH_ESP32)
    return static_cast<uint32_t>(getArduinoLoopTaskStackSize() - uxTaskGetStackHighWaterMark(NULL));
#else
    /* 0 if the core was built without watermarks */
    const uint32_t never_used = osThreadGetStackSpace(osThreadGetId());
    return never_used > 0 ? osThreadGetStackSize(osThreadGetId()) - never_used : 0;
#endif
}

void kws_board_idle(bool)
{
    delay(1); /* lets the core sleep; microphone and port buffer far more than that */
}

#endif
