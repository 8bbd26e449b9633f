#include <stdint.h>
namespace arduino {
class USBSerial {
public:
    bool connected();
    int read(void);
    void send_nb(uint8_t *buffer, uint32_t size, uint32_t *actual, bool now = true);
};
}
extern arduino::USBSerial _SerialUSB;
