// Looking at shapes: measures, faces, edges, validity.
#include "shim.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepAdaptor_Surface.hxx>
#include <BRepBndLib.hxx>
#include <BRepBuilderAPI_MakeVertex.hxx>
#include <BRepCheck_Analyzer.hxx>
#include <BRepExtrema_DistShapeShape.hxx>
#include <BRepGProp.hxx>
#include <BRepLib.hxx>
#include <BRepTools.hxx>
#include <BRep_Builder.hxx>
#include <BRep_Tool.hxx>
#include <Bnd_Box.hxx>
#include <GCPnts_AbscissaPoint.hxx>
#include <GProp_GProps.hxx>
#include <Message.hxx>
#include <Message_Messenger.hxx>
#include <ShapeAnalysis_ShapeTolerance.hxx>
#include <TopExp.hxx>
#include <TopExp_Explorer.hxx>
#include <TopTools_IndexedDataMapOfShapeListOfShape.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TopTools_ListOfShape.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Solid.hxx>

namespace shim {

int count(const TopoDS_Shape &shape, TopAbs_ShapeEnum kind) {
  TopTools_IndexedMapOfShape found;
  TopExp::MapShapes(shape, kind, found);
  return found.Extent();
}

double signed_volume(const TopoDS_Shape &shape) {
  double sum = 0;
  for (TopExp_Explorer solids(shape, TopAbs_SOLID); solids.More(); solids.Next()) {
    GProp_GProps properties;
    BRepGProp::VolumeProperties(solids.Current(), properties);
    sum += properties.Mass();
  }
  return sum;
}

double surface_area(const TopoDS_Shape &shape) {
  GProp_GProps properties;
  BRepGProp::SurfaceProperties(shape, properties);
  return properties.Mass();
}

double tolerance(const TopoDS_Shape &shape) {
  return ShapeAnalysis_ShapeTolerance().Tolerance(shape, 1);
}

namespace {

TopoDS_Shape turned(const TopoDS_Shape &shape) {
  if (shape.ShapeType() == TopAbs_SOLID) {
    return signed_volume(shape) < 0 ? shape.Reversed() : shape;
  }
  return shape;
}

/// Takes nested compounds apart.
void leaves(const TopoDS_Shape &shape, std::vector<TopoDS_Shape> &out) {
  if (shape.ShapeType() == TopAbs_COMPOUND) {
    for (TopoDS_Iterator part(shape); part.More(); part.Next()) {
      leaves(part.Value(), out);
    }
  } else {
    out.push_back(turned(shape));
  }
}

} // namespace

TopoDS_Shape outward(const TopoDS_Shape &shape) {
  if (shape.IsNull()) {
    throw Refused("the operation made no shape");
  }
  std::vector<TopoDS_Shape> parts;
  leaves(shape, parts);
  if (parts.size() == 1) {
    return parts.front();
  }
  BRep_Builder builder;
  TopoDS_Compound all;
  builder.MakeCompound(all);
  for (const TopoDS_Shape &part : parts) {
    builder.Add(all, part);
  }
  return all;
}

void require_valid(const TopoDS_Shape &shape, const char *what) {
  if (!BRepCheck_Analyzer(shape).IsValid()) {
    throw Refused(std::string(what) + " is not a valid boundary (faces or edges cross)");
  }
}

} // namespace shim

struct solid_properties {
  double volume;
  double area;
  double min[3];
  double max[3];
  uint32_t solids;
  uint32_t faces;
  uint32_t edges;
};

struct solid_face {
  uint32_t kind;
  double area;
  double center[3];
  double normal[3];
};

struct solid_edge {
  uint32_t kind;
  /// Faces that meet here, each once.
  uint32_t faces;
  /// Non-zero where the two faces meet without a corner.
  uint32_t smooth;
  double length;
  double start[3];
  double middle[3];
  double end[3];
};

namespace {

void put(double *out, const gp_XYZ &p) {
  out[0] = p.X();
  out[1] = p.Y();
  out[2] = p.Z();
}

uint32_t face_kind(GeomAbs_SurfaceType type) {
  switch (type) {
  case GeomAbs_Plane:
    return 0;
  case GeomAbs_Cylinder:
    return 1;
  case GeomAbs_Cone:
    return 2;
  case GeomAbs_Sphere:
    return 3;
  case GeomAbs_Torus:
    return 4;
  default:
    return 5;
  }
}

uint32_t edge_kind(GeomAbs_CurveType type) {
  switch (type) {
  case GeomAbs_Line:
    return 0;
  case GeomAbs_Circle:
    return 1;
  case GeomAbs_Ellipse:
    return 2;
  default:
    return 3;
  }
}

solid_face describe(const TopoDS_Face &face) {
  solid_face out{};
  const BRepAdaptor_Surface surface(face);
  out.kind = face_kind(surface.GetType());
  GProp_GProps properties;
  BRepGProp::SurfaceProperties(face, properties);
  out.area = properties.Mass();
  double u0 = 0, u1 = 0, v0 = 0, v1 = 0;
  BRepTools::UVBounds(face, u0, u1, v0, v1);
  gp_Pnt at;
  gp_Vec du, dv;
  surface.D1(0.5 * (u0 + u1), 0.5 * (v0 + v1), at, du, dv);
  gp_Vec normal = du.Crossed(dv);
  if (normal.Magnitude() > 1e-12) {
    normal.Normalize();
  }
  if (face.Orientation() == TopAbs_REVERSED) {
    normal.Reverse();
  }
  // A plane's centre of mass lies on it; that of a curved face need not.
  put(out.center, out.kind == 0 ? properties.CentreOfMass().XYZ() : at.XYZ());
  put(out.normal, normal.XYZ());
  return out;
}

/// The distinct faces of `around`; an edge that seams one face counts it once.
std::vector<TopoDS_Face> distinct(const TopTools_ListOfShape &around) {
  std::vector<TopoDS_Face> out;
  for (const TopoDS_Shape &face : around) {
    bool known = false;
    for (const TopoDS_Face &other : out) {
      known = known || other.IsSame(face);
    }
    if (!known) {
      out.push_back(TopoDS::Face(face));
    }
  }
  return out;
}

solid_edge describe(const TopoDS_Edge &edge, const TopTools_ListOfShape &around) {
  solid_edge out{};
  const std::vector<TopoDS_Face> faces = distinct(around);
  out.faces = static_cast<uint32_t>(faces.size());
  if (BRep_Tool::Degenerated(edge)) {
    out.kind = 4; // a pole: a point of the surface, not a curve
    return out;
  }
  if (faces.size() == 2) {
    out.smooth = BRepLib::ContinuityOfFaces(edge, faces[0], faces[1], 1e-6) > GeomAbs_C0;
  }
  const BRepAdaptor_Curve curve(edge);
  out.kind = edge_kind(curve.GetType());
  const double first = curve.FirstParameter();
  const double last = curve.LastParameter();
  out.length = GCPnts_AbscissaPoint::Length(curve);
  put(out.start, curve.Value(first).XYZ());
  put(out.middle, curve.Value(0.5 * (first + last)).XYZ());
  put(out.end, curve.Value(last).XYZ());
  return out;
}

} // namespace

extern "C" {

void solid_free(void *memory) { std::free(memory); }

/// OpenCASCADE writes its chatter to standard output, which belongs to the program: silence it.
int solid_start(char **error) {
  return shim::guarded(error, [&] { Message::DefaultMessenger()->ChangePrinters().Clear(); });
}

void solid_drop(solid_shape *shape) {
  try {
    delete shape;
  } catch (...) {
    // The shape is leaked rather than the program ended.
  }
}

int solid_measure(const solid_shape *shape, solid_properties *out, char **error) {
  return shim::guarded(error, [&] {
    *out = solid_properties{};
    out->solids = static_cast<uint32_t>(shim::count(shape->shape, TopAbs_SOLID));
    out->faces = static_cast<uint32_t>(shim::count(shape->shape, TopAbs_FACE));
    out->edges = static_cast<uint32_t>(shim::count(shape->shape, TopAbs_EDGE));
    out->volume = shim::signed_volume(shape->shape);
    out->area = shim::surface_area(shape->shape);
    Bnd_Box box;
    BRepBndLib::AddOptimal(shape->shape, box, Standard_False, Standard_False);
    if (!box.IsVoid()) {
      box.Get(out->min[0], out->min[1], out->min[2], out->max[0], out->max[1], out->max[2]);
    }
  });
}

int solid_face_count(const solid_shape *shape, uint32_t *out, char **error) {
  return shim::guarded(error, [&] {
    *out = static_cast<uint32_t>(shim::count(shape->shape, TopAbs_FACE));
  });
}

/// One solid of a shape, counted from 0.
int solid_part(const solid_shape *shape, uint32_t place, solid_shape **out, char **error) {
  return shim::guarded(error, [&] {
    TopTools_IndexedMapOfShape solids;
    TopExp::MapShapes(shape->shape, TopAbs_SOLID, solids);
    *out = new solid_shape{solids(static_cast<int>(place) + 1)};
  });
}

int solid_faces(const solid_shape *shape, solid_face **out, size_t *count, char **error) {
  return shim::guarded(error, [&] {
    TopTools_IndexedMapOfShape faces;
    TopExp::MapShapes(shape->shape, TopAbs_FACE, faces);
    std::vector<solid_face> described;
    for (int i = 1; i <= faces.Extent(); ++i) {
      described.push_back(describe(TopoDS::Face(faces(i))));
    }
    *count = described.size();
    *out = shim::released(described);
  });
}

int solid_edges(const solid_shape *shape, solid_edge **out, size_t *count, char **error) {
  return shim::guarded(error, [&] {
    TopTools_IndexedMapOfShape edges;
    TopExp::MapShapes(shape->shape, TopAbs_EDGE, edges);
    TopTools_IndexedDataMapOfShapeListOfShape around;
    TopExp::MapShapesAndAncestors(shape->shape, TopAbs_EDGE, TopAbs_FACE, around);
    std::vector<solid_edge> described;
    const TopTools_ListOfShape none;
    for (int i = 1; i <= edges.Extent(); ++i) {
      const TopTools_ListOfShape *faces = around.Seek(edges(i));
      described.push_back(describe(TopoDS::Edge(edges(i)), faces != nullptr ? *faces : none));
    }
    *count = described.size();
    *out = shim::released(described);
  });
}

/// Distance from a point to every edge, mm; a negative number for a pole.
int solid_edge_distances(const solid_shape *shape, const double *point, double **out,
                         size_t *count, char **error) {
  return shim::guarded(error, [&] {
    const TopoDS_Shape from =
        BRepBuilderAPI_MakeVertex(gp_Pnt(point[0], point[1], point[2])).Shape();
    TopTools_IndexedMapOfShape edges;
    TopExp::MapShapes(shape->shape, TopAbs_EDGE, edges);
    std::vector<double> distances;
    for (int i = 1; i <= edges.Extent(); ++i) {
      const TopoDS_Edge edge = TopoDS::Edge(edges(i));
      if (BRep_Tool::Degenerated(edge)) {
        distances.push_back(-1);
        continue;
      }
      const BRepExtrema_DistShapeShape distance(from, edge);
      distances.push_back(distance.IsDone() ? distance.Value() : -1);
    }
    *count = distances.size();
    *out = shim::released(distances);
  });
}

} // extern "C"
