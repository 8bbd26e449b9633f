/* What the firmware uses of Arduino core mbed 4.5, for compiling without it. */
#ifndef ARDUINO_STUB_H
#define ARDUINO_STUB_H
extern "C" {
void setup(void);
void loop(void);
unsigned long micros(void);
void delay(unsigned long);
}
#endif
