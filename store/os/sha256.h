// SHA-256 of bytes and of files, as 64 hex digits.
#pragma once

#include <nettle/sha2.h>

#include <array>
#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollback {

class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  // Both start afresh.
  std::string hex();
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> bytes();

 private:
  sha256_ctx context_;
};

std::string sha256(std::string_view bytes);
std::string sha256_of_file(const boost::filesystem::path& path);  // Fatal when unreadable

// n random bytes as 2n hex digits, from the kernel.
std::string random_hex(int bytes);

}  // namespace rollback
