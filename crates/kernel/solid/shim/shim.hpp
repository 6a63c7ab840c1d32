// The C interface of the shim, and the guard every one of its functions runs under.
//
// Lengths are millimetres here: OpenCASCADE's confusion tolerance of 1e-7 is then 0.1 nm.
// Every function returns a status; on FAILED `*error` holds a malloc'ed, zero-terminated
// text that the caller frees with solid_free. No exception leaves the shim.
#pragma once

#include <Message_ProgressIndicator.hxx>
#include <Standard_Failure.hxx>
#include <TopoDS_Shape.hxx>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

struct solid_shape {
  TopoDS_Shape shape;
};

/// Asked now and then during long work: non-zero stops it.
struct solid_watch {
  int (*cancelled)(const void *context);
  const void *context;
};

struct solid_bytes {
  char *data;
  size_t length;
};

enum solid_status { SOLID_OK = 0, SOLID_FAILED = 1, SOLID_CANCELLED = 2 };

namespace shim {

/// A refusal of ours, in words for the user.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The caller asked to stop.
struct Cancelled {};

inline char *copied(const std::string &text) {
  char *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (copy != nullptr) {
    std::memcpy(copy, text.c_str(), text.size() + 1);
  }
  return copy;
}

/// Runs `body`; turns whatever it throws into a status and a text.
template <class Body> int guarded(char **error, Body &&body) noexcept {
  try {
    try {
      body();
      return SOLID_OK;
    } catch (const Cancelled &) {
      return SOLID_CANCELLED;
    } catch (const Standard_Failure &failure) {
      const char *text = failure.GetMessageString();
      std::string reason = failure.DynamicType()->Name();
      if (text != nullptr && *text != 0) {
        reason += ": ";
        reason += text;
      }
      *error = copied(reason);
    } catch (const std::exception &failure) {
      *error = copied(failure.what());
    } catch (...) {
      *error = copied("an unknown exception");
    }
  } catch (...) {
    *error = nullptr; // not even the text could be made
  }
  return SOLID_FAILED;
}

/// Passes the caller's wish to stop on to OpenCASCADE's algorithms.
class Watch : public Message_ProgressIndicator {
public:
  explicit Watch(const solid_watch *watch) : watch_(watch) {}
  Standard_Boolean UserBreak() override { return stopped(); }
  bool stopped() const {
    return watch_ != nullptr && watch_->cancelled(watch_->context) != 0;
  }

protected:
  void Show(const Message_ProgressScope &, const Standard_Boolean) override {}

private:
  const solid_watch *watch_;
};

/// Copies a vector into malloc'ed memory that outlives the call; null when it is empty.
template <class T> T *released(const std::vector<T> &items) {
  if (items.empty()) {
    return nullptr;
  }
  T *data = static_cast<T *>(std::malloc(items.size() * sizeof(T)));
  if (data == nullptr) {
    throw std::bad_alloc();
  }
  std::memcpy(data, items.data(), items.size() * sizeof(T));
  return data;
}

/// Number of sub-shapes of a kind, shared ones once.
int count(const TopoDS_Shape &shape, TopAbs_ShapeEnum kind);

/// Volume enclosed by the solids of the shape, mm3, signed by orientation.
double signed_volume(const TopoDS_Shape &shape);

/// Area of the faces of the shape, mm2.
double surface_area(const TopoDS_Shape &shape);

/// The largest distance, mm, at which faces, edges and vertices of the shape count as touching.
double tolerance(const TopoDS_Shape &shape);

/// The shape with every solid turned outward, and a compound of one replaced by that one.
TopoDS_Shape outward(const TopoDS_Shape &shape);

/// Throws Refused naming `what` when the shape breaks the rules of a boundary representation.
void require_valid(const TopoDS_Shape &shape, const char *what);

} // namespace shim
