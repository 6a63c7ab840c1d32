// STEP and OpenCASCADE's own BREP text, in memory.
#include "shim.hpp"

#include <APIHeaderSection_MakeHeader.hxx>
#include <BRepCheck_Analyzer.hxx>
#include <BRepTools.hxx>
#include <BRep_Builder.hxx>
#include <Interface_Check.hxx>
#include <Interface_InterfaceModel.hxx>
#include <Interface_Static.hxx>
#include <STEPControl_Controller.hxx>
#include <STEPControl_Reader.hxx>
#include <STEPControl_Writer.hxx>
#include <ShapeFix_Shape.hxx>
#include <StepBasic_Product.hxx>
#include <StepData_Protocol.hxx>
#include <StepData_StepModel.hxx>
#include <StepData_StepWriter.hxx>
#include <TCollection_HAsciiString.hxx>
#include <XSControl_WorkSession.hxx>

#include <istream>
#include <locale>
#include <sstream>
#include <streambuf>

namespace {

/// Reads from memory without copying it.
class Memory : public std::streambuf {
public:
  Memory(const char *data, size_t length) {
    char *start = const_cast<char *>(data); // the get area is never written
    setg(start, start, start + length);
  }

protected:
  pos_type seekoff(off_type by, std::ios_base::seekdir from, std::ios_base::openmode) override {
    char *base = from == std::ios_base::beg ? eback() : from == std::ios_base::cur ? gptr() : egptr();
    if (by < eback() - base || by > egptr() - base) {
      return pos_type(off_type(-1));
    }
    setg(eback(), base + by, egptr());
    return pos_type(gptr() - eback());
  }
  pos_type seekpos(pos_type to, std::ios_base::openmode mode) override {
    return seekoff(off_type(to), std::ios_base::beg, mode);
  }
};

solid_bytes bytes(const std::string &text) {
  solid_bytes out{static_cast<char *>(std::malloc(text.size())), text.size()};
  if (out.data == nullptr && !text.empty()) {
    throw std::bad_alloc();
  }
  std::memcpy(out.data, text.data(), text.size());
  return out;
}

/// Nothing in the header may depend on the day or the machine: equal shapes give equal files.
void fix_header(const Handle(StepData_StepModel) & model) {
  APIHeaderSection_MakeHeader header(model);
  header.SetName(new TCollection_HAsciiString("geometry"));
  header.SetTimeStamp(new TCollection_HAsciiString("1970-01-01T00:00:00"));
  header.SetAuthorValue(1, new TCollection_HAsciiString(""));
  header.SetOrganizationValue(1, new TCollection_HAsciiString(""));
  header.SetOriginatingSystem(new TCollection_HAsciiString("opentwin"));
}

/// Names the products after the entity `before` `@@place@@`; the caller puts the name there.
///
/// OpenCASCADE's own setting appends a number that counts up while the program runs, so equal
/// shapes would give different files; and it writes letters beyond ASCII, and wraps long names, in
/// ways that ISO 10303-21 does not know.
void name_products(const Handle(StepData_StepModel) & model, int before, size_t place) {
  const std::string text = "@@" + std::to_string(place) + "@@";
  const char *name = text.c_str();
  for (int i = before + 1; i <= model->NbEntities(); ++i) {
    const Handle(StepBasic_Product) product = Handle(StepBasic_Product)::DownCast(model->Value(i));
    if (!product.IsNull()) {
      product->SetId(new TCollection_HAsciiString(name));
      product->SetName(new TCollection_HAsciiString(name));
    }
  }
}

/// Throws Refused for the first entity that could not be read as its kind asks. OpenCASCADE goes on
/// with a null reference in its place, and follows it when it builds the shape.
void require_readable(const Handle(Interface_InterfaceModel) & model) {
  if (model.IsNull()) {
    throw shim::Refused("the file holds no data");
  }
  for (int i = 1; i <= model->NbEntities(); ++i) {
    const Handle(Interface_Check) check = model->Check(i, Standard_True);
    if (!check.IsNull() && check->HasFailed()) {
      const Handle(TCollection_HAsciiString) label = model->StringLabel(model->Value(i));
      throw shim::Refused(std::string("entity ") + label->ToCString() + ": " + check->CFail(1));
    }
  }
}

} // namespace

extern "C" {

/// The product of shape `i` is named `@@i@@`.
int solid_step_write(const solid_shape *const *shapes, size_t count, solid_bytes *out,
                     char **error) {
  return shim::guarded(error, [&] {
    STEPControl_Controller::Init();
    STEPControl_Writer writer;
    Interface_Static::SetCVal("write.step.unit", "MM");
    Interface_Static::SetCVal("xstep.cascade.unit", "MM");
    Interface_Static::SetCVal("write.step.schema", "AP214IS");
    Interface_Static::SetIVal("write.step.assembly", 0);
    for (size_t i = 0; i < count; ++i) {
      const int before = writer.Model()->NbEntities();
      if (writer.Transfer(shapes[i]->shape, STEPControl_AsIs) != IFSelect_RetDone) {
        throw shim::Refused("body " + std::to_string(i + 1) + " could not be written as STEP");
      }
      name_products(writer.Model(), before, i);
    }
    const Handle(StepData_StepModel) model = writer.Model();
    fix_header(model);
    StepData_StepWriter text(model);
    text.SendModel(Handle(StepData_Protocol)::DownCast(writer.WS()->Protocol()));
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    if (!text.Print(stream)) {
      throw shim::Refused("the STEP text could not be made");
    }
    *out = bytes(stream.str());
  });
}

/// Everything in the file as one shape in mm, whatever unit the file declares.
int solid_step_read(const char *data, size_t length, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    STEPControl_Controller::Init();
    Interface_Static::SetCVal("xstep.cascade.unit", "MM");
    STEPControl_Reader reader;
    Memory memory(data, length);
    std::istream stream(&memory);
    stream.imbue(std::locale::classic());
    if (reader.ReadStream("import.step", stream) != IFSelect_RetDone) {
      throw shim::Refused("the text does not follow ISO 10303-21 (STEP)");
    }
    require_readable(reader.Model());
    if (reader.TransferRoots() < 1) {
      throw shim::Refused("the file holds no shape");
    }
    TopoDS_Shape shape = shim::outward(reader.OneShape());
    if (shim::count(shape, TopAbs_FACE) == 0) {
      throw shim::Refused("the file holds no faces");
    }
    if (!BRepCheck_Analyzer(shape).IsValid()) {
      ShapeFix_Shape fix(shape);
      fix.Perform();
      shape = shim::outward(fix.Shape());
      shim::require_valid(shape, "the imported shape, even after healing,");
    }
    *out = new solid_shape{shape};
  });
}

int solid_brep_write(const solid_shape *shape, solid_bytes *out, char **error) {
  return shim::guarded(error, [&] {
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    BRepTools::Write(shape->shape, stream, Standard_False, Standard_False,
                     TopTools_FormatVersion_CURRENT);
    *out = bytes(stream.str());
  });
}

int solid_brep_read(const char *data, size_t length, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    Memory memory(data, length);
    std::istream stream(&memory);
    stream.imbue(std::locale::classic());
    // OpenCASCADE does not look for the end of the text: at the end of one cut short it would read
    // on for ever. So the first number that cannot be read ends it.
    stream.exceptions(std::ios_base::failbit | std::ios_base::badbit);
    BRep_Builder builder;
    TopoDS_Shape shape;
    BRepTools::Read(shape, stream, builder);
    if (shape.IsNull()) {
      throw shim::Refused("the text is no BREP shape");
    }
    shim::require_valid(shape, "the shape");
    *out = new solid_shape{shape};
  });
}

} // extern "C"
