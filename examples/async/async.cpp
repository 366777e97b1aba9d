// One trace through coroutines that go from thread to thread. Scoped spans and annotations live across co_await: the thread that a
// coroutine leaves gets its own context back, the one that resumes it gets the coroutine's.
#include <fanlight/fanlight.hpp>

#include "../threads/thread_pool.hpp"
#include "task.hpp"

#include <future>

namespace fl = fanlight;

// What comes after it runs on a thread of the pool.
struct on_pool {
  thread_pool& pool;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> next) const {
    pool.submit([next] { next.resume(); });
  }
  void await_resume() const noexcept {}
};

task<int> price(thread_pool& pool, int item) {
  fl::scoped_span look{"look up price"};
  co_await on_pool{pool};
  look.set("item", item);  // on another thread, and still this span
  co_return 100 * item;
}

task<int> checkout(thread_pool& pool) {
  fl::scoped_span order{"checkout"};
  fl::annotation const tenant{"tenant", "acme"};
  int const total = co_await price(pool, 1) + co_await price(pool, 2);
  fl::info("priced", {{"cents", total}});
  co_return total;
}

started run(task<int> work, std::promise<int>& done) { done.set_value(co_await work); }

// The promise type is somebody else's: the first object in the body keeps the context.
foreign send_mail(thread_pool& pool) {
  fl::coroutine_scope here;
  fl::scoped_span const mail{"send mail"};
  co_await here.keep(on_pool{pool});
  fl::scoped_span const attach{"attach bill"};
  {
    fl::coroutine_pause const apart{here};  // where co_await takes nothing but its own library's awaitables
    co_await on_pool{pool};
  }
  fl::info("sent");
}

int main() {
  auto session = fl::init({.service = "async"});
  fl::scoped_span request{"request"};
  thread_pool pool{2};
  std::promise<int> done;
  run(checkout(pool), done);
  request.set("cents", done.get_future().get());
  send_mail(pool);
  pool.submit(fl::carry([] { fl::scoped_span const work{"count visit"}; }));  // no coroutine: carry
}
