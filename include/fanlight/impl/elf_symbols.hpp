// Names of the functions in an object file: its table of symbols, or that of its separate debug file, sorted by address. Made and owned by
// the resolver in stack.ipp, which serves one thread at a time; stays mapped as long as the process lives. The one file that knows ELF.
#pragma once

#include <fanlight/detail/config.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/places.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

/// A file in memory, for reading; empty when it cannot be.
class mapped_file {
 public:
  FANLIGHT_COLD explicit mapped_file(std::string const& path) noexcept {
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat about {};
    if (::fstat(file, &about) == 0 && about.st_size > 0) {
      void* const at = ::mmap(nullptr, static_cast<std::size_t>(about.st_size), PROT_READ, MAP_PRIVATE, file, 0);
      if (at != MAP_FAILED) data_ = static_cast<char const*>(at), size_ = static_cast<std::size_t>(about.st_size);
    }
    ::close(file);
  }
  mapped_file(mapped_file const&) = delete;
  mapped_file& operator=(mapped_file const&) = delete;
  FANLIGHT_COLD ~mapped_file() {
    if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  }
  /// `count` things of type T at `offset`, or null when the file ends before.
  template <class T>
  [[nodiscard]] FANLIGHT_COLD T const* at(std::uint64_t offset, std::uint64_t count = 1) const noexcept {
    if (offset > size_ || count > (size_ - offset) / sizeof(T) || offset % alignof(T) != 0) return nullptr;
    return reinterpret_cast<T const*>(data_ + offset);
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  char const* data_ = nullptr;
  std::uint64_t size_ = 0;
};

class elf_symbols {
 public:
  FANLIGHT_COLD elf_symbols(std::string const& path, std::string const& build_id) : file_{path}, debug_{debug_path(build_id)} {
    if (!read(file_, SHT_SYMTAB, build_id) && !read(debug_, SHT_SYMTAB, build_id)) read(file_, SHT_DYNSYM, build_id);
    sort_list(all_, [](symbol const& a, symbol const& b) { return a.at < b.at; });
  }

  /// The name of the function that holds `offset`, counted from where the object is loaded; null: none does.
  [[nodiscard]] FANLIGHT_COLD char const* name_of(std::uint64_t offset) const noexcept {
    auto const behind = std::upper_bound(all_.begin(), all_.end(), offset, [](std::uint64_t at, symbol const& one) { return at < one.at; });
    if (behind == all_.begin()) return nullptr;
    auto const& found = *(behind - 1);
    return offset - found.at < found.size ? found.name : nullptr;
  }

 private:
  struct symbol {
    std::uint64_t at;
    std::uint64_t size;
    char const* name;
  };

  [[nodiscard]] FANLIGHT_COLD static std::string debug_path(std::string const& build_id) {
    if (build_id.size() < 4) return {};
    return joined({"/usr/lib/debug/.build-id/", build_id.substr(0, 2), "/", build_id.substr(2), ".debug"});
  }

  [[nodiscard]] FANLIGHT_COLD static ElfW(Shdr) const* sections(mapped_file const& file, ElfW(Ehdr) const& head) noexcept {
    if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32)) return nullptr;
    return head.e_shentsize == sizeof(ElfW(Shdr)) ? file.at<ElfW(Shdr)>(head.e_shoff, head.e_shnum) : nullptr;
  }

  /// Is the file the one whose id we know? One that was replaced since it was loaded is not.
  [[nodiscard]] FANLIGHT_COLD static bool is_same_build(mapped_file const& file, ElfW(Shdr) const* all, unsigned count,
                                                        std::string const& build_id) {
    if (build_id.empty()) return true;
    for (unsigned i = 0; i < count; ++i) {
      if (all[i].sh_type != SHT_NOTE) continue;
      auto const* const data = file.at<unsigned char>(all[i].sh_offset, all[i].sh_size);
      if (data == nullptr) continue;
      auto const found = build_id_in(data, all[i].sh_size);
      if (!found.empty()) return found == build_id;
    }
    return true;
  }

  FANLIGHT_COLD bool read(mapped_file const& file, std::uint32_t type, std::string const& build_id) {
    auto const* const head = file.at<ElfW(Ehdr)>(0);
    if (head == nullptr) return false;
    auto const* const all = sections(file, *head);
    if (all == nullptr || !is_same_build(file, all, head->e_shnum, build_id)) return false;
    for (unsigned i = 0; i < head->e_shnum; ++i)
      if (all[i].sh_type == type && all[i].sh_link < head->e_shnum) add(file, all[i], all[all[i].sh_link]);
    return !all_.empty();
  }

  FANLIGHT_COLD void add(mapped_file const& file, ElfW(Shdr) const& table, ElfW(Shdr) const& names) {
    std::uint64_t const count = table.sh_size / sizeof(ElfW(Sym));
    auto const* const symbols = file.at<ElfW(Sym)>(table.sh_offset, count);
    auto const* const text = file.at<char>(names.sh_offset, names.sh_size);
    if (symbols == nullptr || text == nullptr || names.sh_size == 0 || text[names.sh_size - 1] != 0) return;
    for (std::uint64_t i = 0; i < count; ++i) {
      auto const& one = symbols[i];
      auto const kind = one.st_info & 15;
      if ((kind == STT_FUNC || kind == 10 /* STT_GNU_IFUNC */) && one.st_value != 0 && one.st_size != 0 && one.st_name < names.sh_size)
        all_.push_back({one.st_value, one.st_size, text + one.st_name});
    }
  }

 public:
  /// In hex, from the notes of an object; empty: they have none.
  [[nodiscard]] FANLIGHT_COLD static std::string build_id_in(unsigned char const* at, std::uint64_t size) {
    for (std::uint64_t offset = 0; size - offset >= sizeof(ElfW(Nhdr));) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at + offset, sizeof note);
      std::uint64_t const name = offset + sizeof note, body = name + ((std::uint64_t{note.n_namesz} + 3) & ~std::uint64_t{3});
      std::uint64_t const next = body + ((std::uint64_t{note.n_descsz} + 3) & ~std::uint64_t{3});
      if (body > size || note.n_descsz > size - body) break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(at + name, "GNU", 4) == 0) return hex(at + body, note.n_descsz);
      if (next > size) break;
      offset = next;
    }
    return {};
  }

 private:
  [[nodiscard]] FANLIGHT_COLD static std::string hex(unsigned char const* at, std::uint64_t size) {
    std::string out;
    for (std::uint64_t i = 0; i < size; ++i) (out += "0123456789abcdef"[at[i] >> 4]) += "0123456789abcdef"[at[i] & 15];
    return out;
  }

  mapped_file file_;
  mapped_file debug_;
  std::vector<symbol> all_;
};

/// An object that is loaded, or was in an earlier process.
struct loaded_module {
  std::uint64_t base = 0;   // what is added to the addresses in its file
  std::uint64_t begin = 0;  // of its memory
  std::uint64_t end = 0;
  std::string build_id;
  std::string path;

  [[nodiscard]] bool holds(std::uint64_t address) const noexcept { return address >= begin && address < end; }
};

/// All objects of this process, in the order of the linker: the program first.
[[nodiscard]] FANLIGHT_COLD inline std::vector<loaded_module> modules_loaded() {
  std::vector<loaded_module> out;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* raw) {
        loaded_module one;
        one.base = info->dlpi_addr;
        one.begin = UINT64_MAX;
        for (unsigned i = 0; i < info->dlpi_phnum; ++i) {
          auto const& part = info->dlpi_phdr[i];
          std::uint64_t const at = info->dlpi_addr + part.p_vaddr;
          if (part.p_type == PT_LOAD) one.begin = std::min(one.begin, at), one.end = std::max<std::uint64_t>(one.end, at + part.p_memsz);
          if (part.p_type == PT_NOTE && one.build_id.empty())
            one.build_id = elf_symbols::build_id_in(reinterpret_cast<unsigned char const*>(at), part.p_memsz);
        }
        auto& all = *static_cast<std::vector<loaded_module>*>(raw);
        one.path = info->dlpi_name == nullptr ? "" : info->dlpi_name;
        if (one.path.empty() && all.empty()) {
          char path[4096];
          auto const size = ::readlink("/proc/self/exe", path, sizeof path);
          if (size > 0) one.path.assign(path, static_cast<std::size_t>(size));
        }
        all.push_back(std::move(one));
        return 0;
      },
      &out);
  return out;
}

}  // namespace detail
FANLIGHT_END
