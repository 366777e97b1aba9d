// What can be told of an exception: the name of its type, its text, and what it was caused by. Asks the object itself, in flight or held,
// and never throws it again. Runs on the thread that asks, which has to see to it that the object lives.
#pragma once

#include <fanlight/impl/borrowed.hpp>
#include <fanlight/impl/draft.ipp>
#include <fanlight/impl/probe.ipp>

#include <cstdio>

FANLIGHT_BEGIN
namespace detail {

/// More causes are not told.
inline constexpr unsigned most_causes = 16;

/// The text of an exception. Short ones that have to be put together lie in here; the others belong to the exception.
class thrown_text {
 public:
  thrown_text() noexcept = default;
  thrown_text(thrown_text const&) = delete;
  thrown_text& operator=(thrown_text const&) = delete;
  void borrow(char const* text) noexcept { view_ = text == nullptr ? std::string_view{} : std::string_view{text}; }
  void borrow(std::string_view text) noexcept { view_ = text; }
  template <class... Values>
  void print(char const* format, Values... values) noexcept {
    int const size = std::snprintf(room_, sizeof room_, format, values...);
    view_ = {room_, size < 0 ? 0 : static_cast<std::size_t>(size) < sizeof room_ ? static_cast<std::size_t>(size) : sizeof room_ - 1};
  }
  /// `text [category:value]`. What says which error it is stands at the end, and is kept.
  void code(std::string_view text, char const* category, int number) noexcept {
    std::size_t const most = sizeof room_ - 96;
    print("%.*s [%.64s:%d]", static_cast<int>(text.size() < most ? text.size() : most), text.data(), category, number);
  }
  [[nodiscard]] std::string_view view() const noexcept { return view_; }

 private:
  std::string_view view_{};
  char room_[1024];
};

/// Writes the text of a std::system_error or std::string. Their headers are heavy, so the function comes with the pipeline (with
/// impl/library_text.ipp); before there is one, nothing is recorded. False: it is neither.
using library_text_function = bool (*)(thrown_text& to, void const* object, std::type_info const* type) noexcept;
FANLIGHT_VISIBLE inline constinit library_text_function library_text = nullptr;  // atomic

#if FANLIGHT_KNOWS_THROWN

// By their names in the object files, so that files without run-time type information have the same bodies.
extern "C" char fanlight_type_of_exception_1[] __asm__("_ZTISt9exception");
extern "C" char fanlight_type_of_nested_1[] __asm__("_ZTISt16nested_exception");

/// The part of a thrown object that is a `Base`; null when it has none, or none that can be reached.
template <class Base>
[[nodiscard]] Base const* base_of(thrown_object const& thrown, char* type_of_base) noexcept {
  if (thrown.type == nullptr || thrown.type->__is_pointer_p()) return nullptr;
  auto* object = const_cast<void*>(thrown.object);
  if (!reinterpret_cast<std::type_info const*>(type_of_base)->__do_catch(thrown.type, &object, 1)) return nullptr;
  return static_cast<Base const*>(object);
}

[[nodiscard]] inline std::exception const* exception_in(thrown_object const& thrown) noexcept {
  return base_of<std::exception>(thrown, fanlight_type_of_exception_1);
}

/// Numbers and texts that were thrown as they are.
FANLIGHT_COLD FANLIGHT_INLINE void read_plain(thrown_text& to, thrown_object const& thrown) noexcept {
  std::string_view const name = thrown.type->name();
  auto const read = [&](auto value) {
    std::memcpy(&value, thrown.object, sizeof value);
    return value;
  };
  if (name == "PKc" || name == "Pc") return to.borrow(static_cast<char const*>(thrown.object));
  if (name.size() != 1) return;
  switch (name[0]) {
    case 'i': return to.print("%d", read(0));
    case 'j': return to.print("%u", read(0u));
    case 'l': return to.print("%ld", read(0l));
    case 'm': return to.print("%lu", read(0ul));
    case 'x': return to.print("%lld", read(0ll));
    case 'y': return to.print("%llu", read(0ull));
    case 's': return to.print("%d", int{read(short{})});
    case 't': return to.print("%u", unsigned{read(static_cast<unsigned short>(0))});
    case 'd': return to.print("%g", read(0.0));
    case 'f': return to.print("%g", double{read(0.0f)});
    case 'b': return to.borrow(read(false) ? "true" : "false");
    case 'c': return to.print("%c", int{read(char{})});
    default: return;
  }
}

FANLIGHT_INLINE void read_text(thrown_text& to, thrown_object const& thrown) noexcept {
  if (thrown.type == nullptr || thrown.object == nullptr) return;
  auto const text = __atomic_load_n(&library_text, __ATOMIC_RELAXED);
  if (text != nullptr && text(to, thrown.object, thrown.type)) return;
  auto const* const known = exception_in(thrown);
  if (known == nullptr) read_plain(to, thrown);
  else to.borrow(known->what());
}

/// What it was nested around; null when it is no nested exception.
[[nodiscard]] inline std::exception_ptr cause_of(thrown_object const& thrown) noexcept {
  auto const* const nested = base_of<std::nested_exception>(thrown, fanlight_type_of_nested_1);
  return nested == nullptr ? std::exception_ptr{} : nested->nested_ptr();
}

/// Calls `use(type, text)` for each cause, the direct one first.
FANLIGHT_COLD FANLIGHT_INLINE void each_cause(thrown_object const& of,
                                              borrowed<void(std::string_view type, std::string_view text)> use) noexcept {
  auto cause = cause_of(of);
  for (unsigned i = 0; i < most_causes && cause != nullptr; ++i) {
    auto const one = thrown_by(cause);
    readable_type const type{one.type == nullptr ? nullptr : one.type->name()};
    thrown_text words;
    read_text(words, one);
    use(type.view(), words.view());
    auto next = cause_of(one);
    cause = static_cast<std::exception_ptr&&>(next);
  }
}

#endif

}  // namespace detail
FANLIGHT_END
