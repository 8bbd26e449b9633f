/* What the firmware uses of the ESP32's Arduino core 2.0.17, for compiling without it. The port is
 * HardwareSerial, or HWCDC on an ESP32-S3. */
#ifndef ARDUINO_STUB_H
#define ARDUINO_STUB_H
#include <stddef.h>
#include <stdint.h>
void setup(void); /* not extern "C", unlike in core mbed */
void loop(void);
size_t getArduinoLoopTaskStackSize(void);
extern "C" {
unsigned long micros(void);
void delay(uint32_t);
}
class HardwareSerial {
public:
    void begin(unsigned long baud = 0);
    size_t setRxBufferSize(size_t);
    size_t setTxBufferSize(size_t);
    int availableForWrite(void);
    int read(void);
    size_t write(const uint8_t *buffer, size_t size);
};
extern HardwareSerial Serial;
#endif
