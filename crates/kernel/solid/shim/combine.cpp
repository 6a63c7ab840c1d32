// Booleans, motions, chamfers and blends: shapes from shapes.
#include "shim.hpp"

#include <BOPAlgo_Alerts.hxx>
#include <BRepAlgoAPI_Common.hxx>
#include <BRepAlgoAPI_Cut.hxx>
#include <BRepAlgoAPI_Fuse.hxx>
#include <BRepBuilderAPI_Copy.hxx>
#include <BRepBuilderAPI_Transform.hxx>
#include <BRepFilletAPI_MakeChamfer.hxx>
#include <BRepFilletAPI_MakeFillet.hxx>
#include <BRepCheck_Analyzer.hxx>
#include <BRep_Builder.hxx>
#include <ShapeUpgrade_UnifySameDomain.hxx>
#include <TopExp.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TopTools_ListOfShape.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Compound.hxx>
#include <gp_Ax1.hxx>
#include <gp_Ax2.hxx>
#include <gp_Trsf.hxx>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>

namespace {

TopTools_ListOfShape listed(const solid_shape *const *shapes, size_t count) {
  TopTools_ListOfShape list;
  for (size_t i = 0; i < count; ++i) {
    list.Append(shapes[i]->shape);
  }
  return list;
}

std::unique_ptr<BRepAlgoAPI_BooleanOperation> operation(int kind) {
  switch (kind) {
  case 0:
    return std::make_unique<BRepAlgoAPI_Fuse>();
  case 1:
    return std::make_unique<BRepAlgoAPI_Cut>();
  default:
    return std::make_unique<BRepAlgoAPI_Common>();
  }
}

/// OpenCASCADE's names of what went wrong, one line.
std::string errors(const BRepAlgoAPI_BooleanOperation &boolean) {
  if (boolean.HasError(STANDARD_TYPE(BOPAlgo_AlertBOPNotAllowed))) {
    return "solids and sheets cannot be combined this way: add and intersect want all solids or "
           "all sheets, and a sheet cuts only sheets";
  }
  std::ostringstream text;
  boolean.DumpErrors(text);
  std::string line = text.str();
  for (char &letter : line) {
    letter = letter == '\n' ? ' ' : letter;
  }
  return line.empty() ? "the boolean failed without a reason" : line;
}

/// True where `simple` bounds what `plain` bounds, as well as that does.
bool same(const TopoDS_Shape &simple, const TopoDS_Shape &plain) {
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); };
  return near(shim::signed_volume(simple), shim::signed_volume(plain)) &&
         near(shim::surface_area(simple), shim::surface_area(plain)) &&
         shim::tolerance(simple) <= std::max(10 * shim::tolerance(plain), 1e-5) &&
         BRepCheck_Analyzer(simple).IsValid();
}

/// Faces of one surface, and edges of one curve, made one where that is right.
///
/// OpenCASCADE 7.6 at times loses a part of a closed surface here (two balls that intersect become
/// one), and on the way gives vertices of its argument a tolerance of the shape's size, which ruins
/// the triangles later. So it works on a copy, and its answer only counts when nothing else changed.
TopoDS_Shape unified(const TopoDS_Shape &shape) {
  const TopoDS_Shape plain = shim::outward(shape);
  for (const bool faces : {true, false}) {
    try {
      const TopoDS_Shape copy = BRepBuilderAPI_Copy(plain, Standard_True, Standard_False).Shape();
      ShapeUpgrade_UnifySameDomain unify(copy, Standard_True, faces, Standard_False);
      unify.Build();
      const TopoDS_Shape simple = shim::outward(unify.Shape());
      if (shim::count(simple, TopAbs_FACE) == shim::count(plain, TopAbs_FACE) &&
          shim::count(simple, TopAbs_EDGE) == shim::count(plain, TopAbs_EDGE)) {
        break; // there was nothing to do
      }
      if (same(simple, plain)) {
        return simple;
      }
    } catch (const Standard_Failure &) {
      // More faces than needed are no fault: the next attempt, or the plain shape, serves as well.
    }
  }
  shim::require_valid(plain, "the result");
  return plain;
}

gp_Trsf motion(int kind, const double *a, const double *b, double amount) {
  const gp_Pnt point(a[0], a[1], a[2]);
  gp_Trsf out;
  switch (kind) {
  case 0:
    out.SetTranslation(gp_Vec(a[0], a[1], a[2]));
    break;
  case 1:
    out.SetRotation(gp_Ax1(point, gp_Dir(b[0], b[1], b[2])), amount);
    break;
  case 2:
    out.SetScale(point, amount);
    break;
  default:
    out.SetMirror(gp_Ax2(point, gp_Dir(b[0], b[1], b[2])));
  }
  return out;
}

template <class Round>
TopoDS_Shape rounded(Round &round, const TopoDS_Shape &shape, double size, const uint32_t *edges,
                     size_t count) {
  TopTools_IndexedMapOfShape all;
  TopExp::MapShapes(shape, TopAbs_EDGE, all);
  for (size_t i = 0; i < count; ++i) {
    round.Add(size, TopoDS::Edge(all(static_cast<int>(edges[i]) + 1)));
  }
  round.Build();
  if (!round.IsDone()) {
    throw shim::Refused("the chosen edges leave no room for it");
  }
  const TopoDS_Shape result = shim::outward(round.Shape());
  shim::require_valid(result, "the rounded shape");
  return result;
}

} // namespace

extern "C" {

/// kind: 0 add, 1 subtract, 2 intersect. No arguments are changed.
int solid_boolean(int kind, const solid_shape *const *arguments, size_t argument_count,
                  const solid_shape *const *tools, size_t tool_count, const solid_watch *watch,
                  solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    Handle(shim::Watch) indicator = new shim::Watch(watch);
    auto boolean = operation(kind);
    boolean->SetArguments(listed(arguments, argument_count));
    boolean->SetTools(listed(tools, tool_count));
    boolean->SetRunParallel(Standard_False);
    boolean->SetNonDestructive(Standard_True);
    boolean->Build(indicator->Start());
    if (indicator->stopped()) {
      throw shim::Cancelled();
    }
    if (boolean->HasErrors()) {
      throw shim::Refused(errors(*boolean));
    }
    *out = new solid_shape{unified(boolean->Shape())};
  });
}

int solid_compound(const solid_shape *const *shapes, size_t count, solid_shape **out,
                   char **error) {
  return shim::guarded(error, [&] {
    BRep_Builder builder;
    TopoDS_Compound all;
    builder.MakeCompound(all);
    for (size_t i = 0; i < count; ++i) {
      builder.Add(all, shapes[i]->shape);
    }
    *out = new solid_shape{shim::outward(all)};
  });
}

/// Joins faces of one surface to one face.
int solid_simplify(const solid_shape *shape, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    *out = new solid_shape{unified(shape->shape)};
  });
}

/// kind: 0 translate by a, 1 rotate about the axis b through a by `amount` rad, 2 scale about a by
/// `amount`, 3 mirror at the plane through a normal to b.
int solid_move(const solid_shape *shape, int kind, const double *a, const double *b, double amount,
               solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    BRepBuilderAPI_Transform moved(shape->shape, motion(kind, a, b, amount), Standard_True);
    *out = new solid_shape{shim::outward(moved.Shape())};
  });
}

/// kind: 0 chamfer, 1 blend. `edges` are places in the order of solid_edges.
int solid_round(const solid_shape *shape, int kind, double size, const uint32_t *edges,
                size_t count, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    if (kind == 0) {
      BRepFilletAPI_MakeChamfer chamfer(shape->shape);
      *out = new solid_shape{rounded(chamfer, shape->shape, size, edges, count)};
    } else {
      BRepFilletAPI_MakeFillet blend(shape->shape);
      *out = new solid_shape{rounded(blend, shape->shape, size, edges, count)};
    }
  });
}

} // extern "C"
