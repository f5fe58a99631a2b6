#include "os/sha256.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/descriptor.h"
#include "os/error.h"
#include "os/progress.h"

namespace rollback {
namespace {

std::string hex_of(const unsigned char* bytes, size_t count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * count);
  for (size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

Sha256::Sha256() : context_() { sha256_init(&context_); }

void Sha256::update(std::string_view bytes) {
  sha256_update(&context_, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
}

std::string Sha256::hex() {
  const auto digest = bytes();
  return hex_of(digest.data(), digest.size());
}

std::array<std::uint8_t, SHA256_DIGEST_SIZE> Sha256::bytes() {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context_, digest.size(), digest.data());
  return digest;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

std::string sha256_of_file(const boost::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) throw Fatal("cannot read '" + path.string() + "': " + strerror(errno));
  Sha256 hash;
  char buffer[1 << 16];
  ssize_t n = 0;
  while ((n = read(file.get(), buffer, sizeof buffer)) > 0) {
    hash.update({buffer, static_cast<size_t>(n)});
    passed(Unit::bytes, static_cast<std::uint64_t>(n));
  }
  if (n < 0) throw Fatal("cannot read '" + path.string() + "': " + strerror(errno));
  return hash.hex();
}

std::string random_hex(int bytes) {
  unsigned char buffer[64];
  const auto count = static_cast<size_t>(bytes);
  if (count > sizeof buffer || getrandom(buffer, count, 0) != bytes) {
    throw Fatal("the kernel gave no random bytes");
  }
  return hex_of(buffer, count);
}

}  // namespace rollback
