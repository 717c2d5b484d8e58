"""The Debian package: what `make deb` does, for arm64 and amd64, on any machine that has dpkg-deb."""
