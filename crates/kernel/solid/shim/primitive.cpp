// Primitives: what is built from numbers alone.
#include "shim.hpp"

#include <BRepBuilderAPI_MakeEdge.hxx>
#include <BRepBuilderAPI_MakeFace.hxx>
#include <BRepBuilderAPI_MakePolygon.hxx>
#include <BRepBuilderAPI_MakeVertex.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRepPrimAPI_MakeCone.hxx>
#include <BRepPrimAPI_MakeCylinder.hxx>
#include <BRepPrimAPI_MakePrism.hxx>
#include <BRepPrimAPI_MakeRevol.hxx>
#include <BRepPrimAPI_MakeSphere.hxx>
#include <BRepPrimAPI_MakeTorus.hxx>
#include <BRep_Builder.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Face.hxx>
#include <TopoDS_Shell.hxx>
#include <TopoDS_Solid.hxx>
#include <TopoDS_Wire.hxx>
#include <gp_Ax2.hxx>
#include <gp_Pln.hxx>

#include <map>
#include <utility>

namespace {

gp_Pnt point(const double *p) { return gp_Pnt(p[0], p[1], p[2]); }
gp_Dir direction(const double *d) { return gp_Dir(d[0], d[1], d[2]); }

gp_Ax2 frame(const double *origin, const double *axis, const double *x) {
  return gp_Ax2(point(origin), direction(axis), direction(x));
}

/// Newell's normal of a closed loop: exact for planar loops, convex or not.
gp_Vec newell(const std::vector<gp_Pnt> &loop) {
  gp_Vec sum(0, 0, 0);
  const gp_Pnt &origin = loop.front();
  for (size_t i = 0; i < loop.size(); ++i) {
    const gp_Vec a(origin, loop[i]);
    const gp_Vec b(origin, loop[(i + 1) % loop.size()]);
    sum += a.Crossed(b);
  }
  return sum;
}

/// The planar face inside a closed polygon, its normal by the right-hand rule.
TopoDS_Face polygon(const double *points, size_t count) {
  std::vector<gp_Pnt> loop;
  BRepBuilderAPI_MakePolygon wire;
  for (size_t i = 0; i < count; ++i) {
    loop.push_back(point(points + 3 * i));
    wire.Add(loop.back());
  }
  wire.Close();
  const gp_Pln plane(loop.front(), gp_Dir(newell(loop)));
  BRepBuilderAPI_MakeFace face(plane, wire.Wire(), Standard_True);
  if (!face.IsDone()) {
    throw shim::Refused("the polygon bounds no plane face");
  }
  return face.Face();
}

/// Builds faces over shared vertices and edges.
class Polyhedron {
public:
  Polyhedron(const double *points, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      points_.push_back(point(points + 3 * i));
      vertices_.push_back(BRepBuilderAPI_MakeVertex(points_.back()).Vertex());
    }
  }

  TopoDS_Face face(const uint32_t *loop, size_t count) {
    TopoDS_Wire wire;
    builder_.MakeWire(wire);
    std::vector<gp_Pnt> corners;
    for (size_t i = 0; i < count; ++i) {
      corners.push_back(points_.at(loop[i]));
      builder_.Add(wire, edge(loop[i], loop[(i + 1) % count]));
    }
    wire.Closed(Standard_True);
    const gp_Pln plane(corners.front(), gp_Dir(newell(corners)));
    BRepBuilderAPI_MakeFace face(plane, wire, Standard_False);
    if (!face.IsDone()) {
      throw shim::Refused("a facet bounds no plane face");
    }
    return face.Face();
  }

private:
  TopoDS_Edge edge(uint32_t from, uint32_t to) {
    const bool forward = from < to;
    const auto key = forward ? std::make_pair(from, to) : std::make_pair(to, from);
    auto known = edges_.find(key);
    if (known == edges_.end()) {
      BRepBuilderAPI_MakeEdge made(vertices_.at(key.first), vertices_.at(key.second));
      if (!made.IsDone()) {
        throw shim::Refused("a facet has an edge without length");
      }
      known = edges_.emplace(key, made.Edge()).first;
    }
    return TopoDS::Edge(known->second.Oriented(forward ? TopAbs_FORWARD : TopAbs_REVERSED));
  }

  BRep_Builder builder_;
  std::vector<gp_Pnt> points_;
  std::vector<TopoDS_Vertex> vertices_;
  std::map<std::pair<uint32_t, uint32_t>, TopoDS_Edge> edges_;
};

void give(solid_shape **out, const TopoDS_Shape &shape) {
  *out = new solid_shape{shim::outward(shape)};
}

} // namespace

extern "C" {

int solid_box(const double *min, const double *max, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    give(out, BRepPrimAPI_MakeBox(point(min), point(max)).Shape());
  });
}

int solid_cylinder(const double *origin, const double *axis, const double *x, double radius,
                   double height, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    give(out, BRepPrimAPI_MakeCylinder(frame(origin, axis, x), radius, height).Shape());
  });
}

int solid_cone(const double *origin, const double *axis, const double *x, double radius_from,
               double radius_to, double height, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    give(out, BRepPrimAPI_MakeCone(frame(origin, axis, x), radius_from, radius_to, height).Shape());
  });
}

int solid_sphere(const double *center, double radius, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    give(out, BRepPrimAPI_MakeSphere(point(center), radius).Shape());
  });
}

int solid_torus(const double *center, const double *axis, const double *x, double major,
                double minor, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    give(out, BRepPrimAPI_MakeTorus(frame(center, axis, x), major, minor).Shape());
  });
}

int solid_polygon(const double *points, size_t count, solid_shape **out, char **error) {
  return shim::guarded(error, [&] { give(out, polygon(points, count)); });
}

int solid_prism(const double *points, size_t count, const double *by, solid_shape **out,
                char **error) {
  return shim::guarded(error, [&] {
    BRepPrimAPI_MakePrism prism(polygon(points, count), gp_Vec(by[0], by[1], by[2]));
    give(out, prism.Shape());
  });
}

int solid_revolve(const double *points, size_t count, const double *origin, const double *axis,
                  double angle, int full, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    const TopoDS_Face face = polygon(points, count);
    const gp_Ax1 about(point(origin), direction(axis));
    give(out, full != 0 ? BRepPrimAPI_MakeRevol(face, about).Shape()
                        : BRepPrimAPI_MakeRevol(face, about, angle).Shape());
  });
}

/// Closed shells of planar facets made into solids. Facet `f` has `sizes[f]` corners, listed one
/// facet after the other in `corners`, and belongs to shell `shells[f]`; shell `s` bounds solid
/// `solids[s]`. Facets look outward from the material.
int solid_polyhedron(const double *points, size_t point_count, const uint32_t *corners,
                     const uint32_t *sizes, const uint32_t *shells, size_t facet_count,
                     const uint32_t *solids, size_t shell_count, size_t solid_count,
                     solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    BRep_Builder builder;
    Polyhedron facets(points, point_count);
    std::vector<TopoDS_Shell> made(shell_count);
    for (TopoDS_Shell &shell : made) {
      builder.MakeShell(shell);
    }
    for (size_t facet = 0; facet < facet_count; ++facet) {
      builder.Add(made.at(shells[facet]), facets.face(corners, sizes[facet]));
      corners += sizes[facet];
    }
    std::vector<TopoDS_Solid> result(solid_count);
    for (TopoDS_Solid &solid : result) {
      builder.MakeSolid(solid);
    }
    for (size_t shell = 0; shell < shell_count; ++shell) {
      made[shell].Closed(Standard_True);
      builder.Add(result.at(solids[shell]), made[shell]);
    }
    TopoDS_Compound all;
    builder.MakeCompound(all);
    for (const TopoDS_Solid &solid : result) {
      builder.Add(all, solid);
    }
    give(out, all);
  });
}

} // extern "C"
