from platformio.public import PlatformBase


class EmulatorPlatform(PlatformBase):  # type: ignore[misc]
    pass
